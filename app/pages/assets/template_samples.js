// Values to try the built-in templates with; a template of one's own starts with its own names.

const PARTIES = { customer: { name: "Rahul Traders" }, company: { name: "STEEFE Industries" } };
const ITEMS = [
  { name: "TMT bar 12 mm", quantity: 1200, unit: "kg", rate: 62.5 },
  { name: "Binding wire", quantity: 25, unit: "kg", rate: 78 },
];

const SAMPLES = {
  proforma_invoice: {
    invoiceNumber: "PI-2025-017",
    date: "2025-12-07",
    ...PARTIES,
    items: ITEMS,
    cgst: 6918,
    sgst: 6918,
    bankDetails: {
      bankName: "HDFC Bank",
      accountName: "STEEFE Industries",
      accountNumber: "00123456789012",
      ifsc: "HDFC0000123",
    },
    terms: ["Half in advance", "Valid for 15 days"],
  },
  dispatch_notice: {
    orderNumber: "SO-114",
    date: "2025-12-08",
    ...PARTIES,
    transporter: "VRL Logistics",
    lrNumber: "LR 99812",
    vehicleNumber: "MH 12 AB 3456",
    driverName: "Suresh",
    items: ITEMS.map(({ rate, ...item }) => item),
  },
  order_details: {
    orderNumber: "SO-114",
    status: "confirmed",
    orderDate: "2025-12-01",
    ...PARTIES,
    items: ITEMS,
    advance: 20000,
  },
};

export function sampleOf(template) {
  return SAMPLES[template.name] ?? placesOf(template.values);
}

// `customer.name` and `total` become {"customer": {"name": ""}, "total": ""}.
function placesOf(names) {
  const values = {};
  for (const name of names) {
    const path = name.split(".");
    const last = path.pop();
    let place = values;
    for (const part of path) {
      if (typeof place[part] !== "object") place[part] = {};
      place = place[part];
    }
    place[last] ??= "";
  }
  return values;
}
