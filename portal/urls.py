"""The portal's addresses."""

from django.urls import path

from portal import guest, home, profile, requests, submit, uploads

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", home.search, name="search"),
    path("new/", submit.new, name="new"),
    path("new/questions/", submit.fields, name="questions"),
    path("new/sent/", submit.sent, name="sent"),
    path("uploads/", uploads.upload, name="upload"),
    path("uploads/<uuid:upload_id>/remove/", uploads.remove, name="upload_remove"),
    path("requests/", requests.mine, name="requests"),
    path("organisation/", requests.organisation, name="organisation"),
    path("requests/<int:number>/", requests.detail, name="request"),
    path("requests/<int:number>/reply/", requests.reply, name="reply"),
    path("requests/<int:number>/draft/", requests.draft, name="draft"),
    path("requests/<int:number>/solve/", requests.solve, name="solve"),
    path("requests/<int:number>/reopen/", requests.reopen, name="reopen"),
    path("requests/<int:number>/copy/", requests.copy, name="copy"),
    path("requests/<int:number>/leave/", requests.leave, name="leave"),
    path("attachments/<uuid:attachment_id>/", requests.attachment, name="attachment"),
    path("profile/", profile.profile, name="profile"),
    path("t/<str:token>/", guest.show, name="guest"),
    path("t/<str:token>/reply/", guest.reply, name="guest_reply"),
    path("t/<str:token>/draft/", guest.draft, name="guest_draft"),
    path("t/<str:token>/solve/", guest.solve, name="guest_solve"),
    path("t/<str:token>/reopen/", guest.reopen, name="guest_reopen"),
    path("t/<str:token>/uploads/", guest.upload, name="guest_upload"),
    path("t/<str:token>/uploads/<uuid:upload_id>/remove/", guest.remove, name="guest_upload_remove"),
    path("t/<str:token>/attachments/<uuid:attachment_id>/", guest.attachment, name="guest_attachment"),
]
