"""What a phone's camera reads in a picture: QR codes, and nothing else.

A decoder of every format takes a piece of one QR code in some 850 for a bar code of another kind.
"""

from io import BytesIO

import zxingcpp
from PIL import Image

QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def codes_in(picture: bytes | Image.Image) -> list[str]:
    """Give the texts of all codes in it."""
    image = Image.open(BytesIO(picture)) if isinstance(picture, bytes) else picture
    found = zxingcpp.read_barcodes(image, formats=QR_CODES)
    return [code.text for code in found]


def code_in(picture: bytes | Image.Image) -> str:
    """Give the text of the one code in it."""
    [text] = codes_in(picture)
    return text
