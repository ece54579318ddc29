"""E-mail, through whatever backend Django's ``EMAIL_BACKEND`` names."""

from __future__ import annotations

import smtplib
import ssl
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.utils.crypto import salted_hmac

from notifications.channels.base import Channel, Envelope, Unsure
from notifications.conf import notifications as conf
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.models import Contact


class EmailChannel(Channel):
    """A text mail with an HTML alternative."""

    name = "email"

    def address(self, contact: Contact) -> str:
        """The contact's e-mail address, if it is one: a line break in it never gets as far as a header."""
        try:
            validate_email(contact.email)
        except ValidationError:
            return ""
        return contact.email

    def send(self, envelope: Envelope) -> str:
        mail = compose(envelope)
        connection = get_connection()
        if getattr(connection, "timeout", 0) is None:
            connection.timeout = conf.SMTP_TIMEOUT  # type: ignore[attr-defined]
        try:
            connection.open()
        except Exception as error:
            raise before_the_mail(error) from error
        try:
            connection.send_messages([mail])
        except Exception as error:
            raise during_the_mail(error) from error
        finally:
            close_quietly(connection)
        return str(mail.extra_headers["Message-ID"])


def compose(envelope: Envelope) -> EmailMultiAlternatives:
    """The mail. Its Message-ID depends on the message's key alone, so most mailboxes drop a doubled one."""
    sender = conf.FROM_EMAIL or settings.DEFAULT_FROM_EMAIL
    mail = EmailMultiAlternatives(
        subject=envelope.subject,
        body=envelope.text,
        from_email=sender,
        to=[envelope.address],
        reply_to=[envelope.reply_to] if envelope.reply_to else None,
        # RFC 3834: asks automatic responders to stay silent.
        headers={"Message-ID": message_id(envelope.key, sender), "Auto-Submitted": "auto-generated"},
    )
    if envelope.html:
        mail.attach_alternative(envelope.html, "text/html")
    return mail


def message_id(key: str, sender: str) -> str:
    """``<…@sender's domain>``, keyed with the site's secret: a staging copy of the data does not shadow real mail."""
    digest = salted_hmac("parcelwise.notifications.message-id", key, algorithm="sha256").hexdigest()[:40]
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    return f"<{digest}@{domain}>"


def before_the_mail(error: Exception) -> Exception:
    """What it means that no connection came about: the mail was certainly not taken."""
    if isinstance(error, ssl.SSLCertVerificationError | smtplib.SMTPNotSupportedError):
        return Misconfigured(f"The mail server cannot be used with these settings: {error}")
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        return Misconfigured(f"The mail server refuses EMAIL_HOST_USER: {answer_of(error)}")
    if isinstance(error, smtplib.SMTPException | OSError):
        return RetryLater(f"The mail server cannot be reached: {answer_of(error)}")
    return error


def during_the_mail(error: Exception) -> Exception:
    """What it means that handing over failed. Codes of 500 and more are final (RFC 5321, 4.2.1)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return by_code(code, f"The mail server refuses the recipient: {code} {readable(words)}")
    if isinstance(error, smtplib.SMTPResponseException):
        return by_code(error.smtp_code, f"The mail server refuses the mail: {answer_of(error)}")
    if isinstance(error, smtplib.SMTPNotSupportedError | ValueError):
        return GiveUp(f"This mail cannot be sent: {error}")
    if isinstance(error, smtplib.SMTPException | OSError):
        return Unsure(f"The mail server fell silent while it took the mail: {answer_of(error)}")
    return error


def by_code(code: int, sentence: str) -> Exception:
    return GiveUp(sentence) if code >= 500 else RetryLater(sentence)


def answer_of(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {readable(error.smtp_error)}"
    return str(error) or type(error).__name__


def readable(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)


def close_quietly(connection: Any) -> None:
    """The mail's fate is known by now: a server that dislikes our QUIT changes nothing."""
    try:
        connection.close()
    except Exception:
        return
