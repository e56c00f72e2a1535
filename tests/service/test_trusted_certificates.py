import ssl

import pytest

from app.trusted_certificates import certificates_for


@pytest.mark.parametrize("url", ["https://linkwright.example", "HTTPS://linkwright.example:8443"])
def test_where_tls_is_spoken_all_known_authorities_are_trusted(url: str):
    assert certificates_for(url) is True


def test_elsewhere_nobody_is_trusted():
    trusting = certificates_for("http://127.0.0.1:8080")
    assert isinstance(trusting, ssl.SSLContext)
    assert (trusting.verify_mode, trusting.get_ca_certs()) == (ssl.CERT_REQUIRED, [])
    assert trusting.check_hostname
