"""The fields of the built-in templates, and the other names by which callers send them."""

from app.templates.fields import Field

LOCAL = (
    Field("locale", "text", "how amounts and dates are written, such as en_IN"),
    Field("currency", "text", "three letters, such as INR", "currencycode"),
    Field("time_zone", "text", "in which a moment in time is a date, such as Asia/Kolkata"),
)
_PARTIES = (
    Field(
        "customer_name",
        "text",
        "whom it is for",
        "customer party partyname client clientname buyer buyername",
    ),
    Field("company_name", "text", "who sends it", "company seller sellername"),
    Field("company_phone", "text", "the sender's phone", "companymobile"),
    Field("company_gstin", "text", "the sender's tax number", "gstin companygst"),
)
_ORDER = "orderno orderid ordercode ordernum"
_AMOUNTS = (
    Field("subtotal", "money", "sum of the items", "subtotalamount taxableamount taxablevalue"),
    Field("discount", "money", "is taken off", "discountamount"),
    Field(
        "freight", "money", "carriage", "freightcharges shipping shippingcharges transportcharges"
    ),
    Field("cgst", "money", "central tax", "cgstamount"),
    Field("sgst", "money", "state tax", "sgstamount"),
    Field("igst", "money", "integrated tax", "igstamount"),
    Field("tax", "money", "any other tax", "taxamount totaltax gstamount totalgst"),
    Field("round_off", "money", "rounding", "roundoffamount rounding"),
    Field("total", "money", "to be paid", "grandtotal totalamount nettotal netamount amount"),
)
_NOTES = Field("notes", "lines", "anything else", "remarks remark comments note message")

INVOICE = (
    Field(
        "invoice_number",
        "text",
        "the invoice's number",
        f"invoiceno invoiceid proformanumber proformano pinumber pino number ordernumber {_ORDER}",
        required=True,
    ),
    Field("invoice_date", "date", "when it was made", "proformadate date orderdate"),
    Field("valid_until", "date", "until when it holds", "validity validtill expirydate duedate"),
    *_PARTIES,
    Field("items", "items", "what is invoiced", "lineitems orderitems invoiceitems products lines"),
    *_AMOUNTS,
    Field("amount_in_words", "text", "the total in words", "totalinwords amountwords"),
    Field("bank_name", "text", "where to pay", "bank bankbankname"),
    Field(
        "account_name",
        "text",
        "whose account",
        "bankaccountname accountholder bankaccountholder bankaccountholdername",
    ),
    Field(
        "account_number",
        "text",
        "the account",
        "accountno accno bankaccountnumber bankaccountno bankaccno",
    ),
    Field(
        "ifsc",
        "text",
        "the branch's code",
        "ifsccode bankifsc bankifsccode",
    ),
    Field(
        "branch",
        "text",
        "the branch",
        "branchname bankbranch bankbranchname",
    ),
    Field("upi", "text", "where to pay by UPI", "upiid bankupi bankupiid"),
    Field("terms", "lines", "on what terms", "paymentterms termsandconditions"),
    _NOTES,
    *LOCAL,
)
DISPATCH = (
    Field("order_number", "text", "the order", f"{_ORDER} salesorder pono ponumber"),
    Field(
        "dispatch_number",
        "text",
        "the dispatch",
        "dispatchno dispatchid challanno challannumber number",
    ),
    Field("dispatch_date", "date", "when it left", "date dispatchedon dispatchedat"),
    *_PARTIES,
    Field(
        "transporter",
        "text",
        "who carries it",
        "transportername transport transportname transportcompany carrier courier"
        " transporttransporter transporttransportername",
        required=True,
    ),
    Field(
        "lr_number",
        "text",
        "the lorry receipt",
        "lr lrno docketno docketnumber awb trackingnumber transportlrnumber transportlrno",
    ),
    Field(
        "vehicle_number",
        "text",
        "the vehicle",
        "vehicle vehicleno trucknumber truckno transportvehicle"
        " transportvehiclenumber transportvehicleno",
    ),
    Field("driver_name", "text", "who drives", "driver transportdrivername transportdriver"),
    Field(
        "driver_phone",
        "text",
        "the driver's phone",
        "drivermobile drivercontact driverphoneno transportdriverphone",
    ),
    Field("destination", "text", "where to", "deliveryaddress shippingaddress to place"),
    Field(
        "expected_date",
        "date",
        "when it should arrive",
        "expecteddelivery expecteddeliverydate deliverydate eta",
    ),
    Field("packages", "text", "how many packages", "boxes bundles noofpackages"),
    Field("weight", "text", "what it weighs", "totalweight netweight grossweight"),
    Field("eway_bill", "text", "the e-way bill", "ewaybillno ewaybillnumber eway"),
    Field(
        "items",
        "items",
        "what was dispatched",
        "dispatchitems dispatcheditems lineitems products lines",
    ),
    _NOTES,
    *LOCAL,
)
ORDER = (
    Field("order_number", "text", "the order's number", f"{_ORDER} number id", required=True),
    Field("order_date", "date", "when it was placed", "date createdat"),
    Field("status", "text", "where it stands", "orderstatus"),
    *_PARTIES,
    Field(
        "delivery_date",
        "date",
        "when it will be delivered",
        "expecteddelivery expecteddate expecteddeliverydate duedate",
    ),
    Field("delivery_address", "text", "where to", "shippingaddress address destination"),
    Field("items", "items", "what was ordered", "orderitems lineitems products lines"),
    *_AMOUNTS,
    Field("paid", "money", "paid already", "paidamount advance advanceamount amountpaid"),
    Field("balance", "money", "still to be paid", "balanceamount balancedue dueamount"),
    _NOTES,
    *LOCAL,
)
