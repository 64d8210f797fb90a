"""The address of the choice of language, which console and public site share under one name."""

from django.urls import path

from public_site.views import account

urlpatterns = [path("setlang/", account.set_language, name="set_language")]
