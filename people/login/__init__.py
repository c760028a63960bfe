"""Our part of django-allauth: adapters, forms, steady answers."""
