"""Addresses below ``/whatsapp/``: only the webhook; people come through WhatsApp itself."""

from django.urls import path

from public_site.whatsapp import webhook

urlpatterns = [path("webhook/", webhook.webhook, name="whatsapp_webhook")]
