from django.db import migrations

# One trigger per statement and not per row: it costs nothing and an UPDATE of no rows is refused as well.
# ALWAYS: session_replication_role does not switch it off.
PROTECT = """
CREATE FUNCTION core_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('helpdesk.retention', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'core_event is append-only: % refused', TG_OP
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Only the retention job removes events (core.retention.erasing).';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER core_event_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON core_event
    FOR EACH STATEMENT EXECUTE FUNCTION core_event_append_only();

ALTER TABLE core_event ENABLE ALWAYS TRIGGER core_event_append_only;
"""

UNPROTECT = """
DROP TRIGGER core_event_append_only ON core_event;
DROP FUNCTION core_event_append_only();
"""

# Deliveries come and go: vacuum by what has gone, not by a share of a table that is mostly empty.
QUEUE = "ALTER TABLE core_delivery SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)"
ORDINARY = "ALTER TABLE core_delivery RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)"


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL(PROTECT, UNPROTECT),
        migrations.RunSQL(QUEUE, ORDINARY),
    ]
