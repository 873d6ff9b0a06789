"""The mail door over TLS: real handshakes with certificates made here."""

import datetime
import ipaddress
import os
import smtplib
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.exceptions import ImproperlyConfigured

from channels_app.connectors.email.certificate import Certificate
from channels_app.connectors.email.listener import Door
from channels_app.models import Envelope
from helpdesk import mail_door
from tests.channels_app.email.conftest import DESK, mail, opened

pytestmark = pytest.mark.django_db(transaction=True)


def issue(folder: Path, serial: int = 1) -> Certificate:
    """A self-signed certificate for this machine, written where one already is, too."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail door")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), serial, now, now + datetime.timedelta(days=1))
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = made.add_extension(here, critical=False).sign(key, hashes.SHA256())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "chain.pem").write_bytes(signed.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    for file in ("chain.pem", "key.pem"):
        os.utime(folder / file, (serial, serial))
    return Certificate(folder / "chain.pem", folder / "key.pem")


def trusting(certificate: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate.chain)


def serial_at(port: int, trust: ssl.SSLContext) -> int:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.starttls(context=trust)
        return x509.load_der_x509_certificate(client.sock.getpeercert(binary_form=True)).serial_number


def deliver(client: smtplib.SMTP) -> None:
    client.sendmail("carol@mail.example", [DESK], mail().as_bytes())


@pytest.mark.parametrize(("client_of", "is_lmtp"), [(smtplib.SMTP, False), (smtplib.LMTP, True)])
def test_a_sender_that_verifies_us_hands_mail_over_encrypted(mailbox, tmp_path, client_of, is_lmtp):
    certificate = issue(tmp_path)
    with opened(Door(port=0, is_lmtp=is_lmtp, certificate=certificate)) as port, client_of("127.0.0.1", port) as client:
        client.ehlo_or_helo_if_needed()
        assert client.has_extn("starttls")
        client.starttls(context=trusting(certificate))
        assert client.sock.version() in {"TLSv1.2", "TLSv1.3"}
        deliver(client)
    assert Envelope.objects.count() == 1


def test_a_sender_that_does_not_know_our_certificate_turns_away(mailbox, tmp_path):
    with (
        opened(Door(port=0, certificate=issue(tmp_path))) as port,
        smtplib.SMTP("127.0.0.1", port) as client,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        client.starttls(context=ssl.create_default_context())
    assert not Envelope.objects.exists()


def test_where_tls_is_required_nothing_is_taken_without(mailbox, tmp_path):
    certificate = issue(tmp_path)
    with opened(Door(port=0, certificate=certificate, needs_tls=True)) as port:
        with smtplib.SMTP("127.0.0.1", port) as client:
            with pytest.raises(smtplib.SMTPResponseException) as refused:
                deliver(client)
            assert refused.value.smtp_code == 530
        assert not Envelope.objects.exists()
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.starttls(context=trusting(certificate))
            deliver(client)
    assert Envelope.objects.count() == 1


def test_where_tls_is_offered_mail_without_is_still_taken(mailbox, tmp_path):
    with opened(Door(port=0, certificate=issue(tmp_path))) as port, smtplib.SMTP("127.0.0.1", port) as client:
        deliver(client)
    assert Envelope.objects.count() == 1


def test_a_door_without_a_certificate_offers_no_tls(door):
    with smtplib.SMTP("127.0.0.1", door.port) as client:
        client.ehlo()
        assert not client.has_extn("starttls")


def test_a_renewed_certificate_is_used_without_a_restart(mailbox, tmp_path):
    certificate = issue(tmp_path, 1)
    with opened(Door(port=0, certificate=certificate)) as port:
        assert serial_at(port, trusting(certificate)) == 1
        issue(tmp_path, 2)
        assert serial_at(port, trusting(certificate)) == 2


def test_half_a_renewal_leaves_the_old_pair_in_use(tmp_path):
    certificate = issue(tmp_path)
    before = certificate.context()
    certificate.key.write_text("not yet written")
    assert certificate.context() is before


def test_a_certificate_that_is_not_there_keeps_the_door_shut_and_says_which(tmp_path):
    with pytest.raises(OSError, match=r"nowhere\.pem"):
        Certificate(tmp_path / "nowhere.pem", tmp_path / "key.pem").context()


def test_settings_name_the_certificate(settings, tmp_path):
    issue(tmp_path)
    settings.MAIL_LISTEN = "lmtp://10.0.0.1:24"
    settings.MAIL_TLS_CERT, settings.MAIL_TLS_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    settings.MAIL_TLS_REQUIRED = True
    door = mail_door.address()
    assert (door.host, door.port, door.is_lmtp, door.needs_tls) == ("10.0.0.1", 24, True, True)
    assert door.certificate == Certificate(tmp_path / "chain.pem", tmp_path / "key.pem")


@pytest.mark.parametrize("given", [{"MAIL_TLS_CERT": "chain.pem"}, {"MAIL_TLS_REQUIRED": True}])
def test_half_of_the_settings_is_refused(settings, given):
    for name, value in given.items():
        setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match="MAIL_TLS"):
        mail_door.address()
