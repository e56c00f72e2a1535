"""What an ERP sends, in the words of its own code."""

from typing import Any

INVOICE: dict[str, Any] = {
    "invoiceNumber": "PI-2025-017",
    "date": "2025-12-07",
    "customer": {"name": "Rahul Traders", "mobile": "919876543210"},
    "companyInfo": {"name": "STEEFE Industries", "gstin": "27AAAAA0000A1Z5"},
    "items": [
        {"name": "TMT bar 12 mm", "hsn": "7214", "quantity": 1200, "unit": "kg", "rate": 62.5},
        {"description": "Binding wire", "qty": "25", "unit": "kg", "price": "Rs. 78/-"},
    ],
    "freight": "1,500",
    "cgst": 6918,
    "sgst": 6918,
    "bankDetails": {
        "bankName": "HDFC Bank",
        "accountName": "STEEFE Industries",
        "accountNumber": "00123456789012",
        "ifsc": "HDFC0000123",
    },
    "terms": ["Half in advance", "Valid for 15 days"],
}
INVOICE_TEXT = """\
🧾 *Proforma invoice* *PI-2025-017*
STEEFE Industries · GSTIN 27AAAAA0000A1Z5
Date: 7 Dec 2025

Dear Rahul Traders,
thank you for your order. Here is your proforma invoice.

*Items*
1. TMT bar 12 mm (7214)
    1,200 kg × ₹62.50 = ₹75,000.00
2. Binding wire
    25 kg × ₹78.00 = ₹1,950.00

```Subtotal  ₹76,950.00
Freight    ₹1,500.00
CGST       ₹6,918.00
SGST       ₹6,918.00```

*Total:* *₹92,286.00*

🏦 *Bank details*
Account name: STEEFE Industries
Bank: HDFC Bank
Account number: 00123456789012
IFSC: HDFC0000123

*Terms*
> Half in advance
> Valid for 15 days"""  # noqa: RUF001  a sign of multiplication is meant
DISPATCH: dict[str, Any] = {
    "orderNumber": "SO-114",
    "date": "08/12/2025",
    "customer": "Rahul Traders",
    "transport": {"name": "VRL Logistics", "lrNumber": "LR 99812", "vehicleNumber": "MH12AB3456"},
    "driverName": "Suresh",
    "driverPhone": "98765 43211",
    "items": [{"itemName": "TMT bar 12 mm", "dispatchedQty": 1200, "unit": "kg"}, "Binding wire"],
    "remarks": "Two bundles,\nbring a crane",
}
DISPATCH_TEXT = """\
🚚 *Your order is on its way*

Dear Rahul Traders,
your goods have been dispatched.

Order: *SO-114*
Date: 8 Dec 2025

*Transport*
Transporter: VRL Logistics
LR number: LR 99812
Vehicle: MH12AB3456
Driver: Suresh, 98765 43211

📦 *Items*
1. TMT bar 12 mm: 1,200 kg
2. Binding wire

*Notes*
> Two bundles,
> bring a crane"""
ORDER: dict[str, Any] = {
    "order": {"orderNumber": "SO-114", "status": "confirmed", "orderDate": "2025-12-01"},
    "customerName": "Rahul Traders",
    "items": [{"name": "TMT bar", "qty": 10, "rate": 100}],
    "tax": 180,
    "totalAmount": 1180,
    "advance": 500,
    "balance": 680,
}
ORDER_TEXT = """\
📋 *Order* *SO-114*
Date: 1 Dec 2025
Status: *confirmed*
Customer: Rahul Traders

*Items*
1. TMT bar
    10 × ₹100.00 = ₹1,000.00

```Subtotal  ₹1,000.00
Tax         ₹180.00```

*Total:* *₹1,180.00*
Paid: ₹500.00
Balance: ₹680.00"""  # noqa: RUF001  as above
