"""Certificates of an authority of the test's own, made by openssl."""

import pathlib
import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def certify(folder):
    """ca.pem and ca.key of an authority; cert.pem and key.pem, good for both sides of a connection to 127.0.0.1."""
    pathlib.Path(folder, "extensions").write_text(
        "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n")
    for arguments in (
            ["req", *KEY, "-x509", "-days", "2", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"],
            ["req", *KEY, "-subj", "/CN=127.0.0.1", "-keyout", "key.pem", "-out", "cert.csr"],
            ["x509", "-req", "-in", "cert.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
             "-extfile", "extensions", "-out", "cert.pem"]):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
