"""A QR code as the dots that the page paints."""

import qrcode
from qrcode.constants import ERROR_CORRECT_L


def qr_dots(text: str) -> list[str]:
    """One string of 0 and 1 for each row, without the quiet zone."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=0)
    code.add_data(text)
    code.make(fit=True)
    return ["".join("1" if dot else "0" for dot in row) for row in code.get_matrix()]
