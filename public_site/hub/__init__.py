"""Info Layanan ("Bilang Karyo"): one page per immigration office, its QR code, guides, SOP, self-check and counts."""
