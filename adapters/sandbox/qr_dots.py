"""A QR code as the dots that the page paints."""


def qr_dots(text: str) -> list[str]:
    """One string of 0 and 1 for each row, without the quiet zone."""
    # With it comes all that can draw: 20 ms of every start, also where no page is ever shown.
    import qrcode  # noqa: PLC0415
    from qrcode.constants import ERROR_CORRECT_L  # noqa: PLC0415

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=0)
    code.add_data(text)
    code.make(fit=True)
    return ["".join("1" if dot else "0" for dot in row) for row in code.get_matrix()]
