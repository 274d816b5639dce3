"""How much of a mail is looked at: anyone may send us a report, so every size is bounded."""

MAIL_BYTES = 1_000_000  # a report's own parts come before the mail it returns
PART_BYTES = 700_000  # of one decoded part
TEXT_CHARACTERS = 32_000  # of free text meant for people
NESTING = 8
PARTS = 100
HEADERS = 400
HEADER_BLOCK_BYTES = 128_000
FIELD_CHARACTERS = 4_000
FIELD_LINES = 5_000
FIELDS = 100  # of one block of a delivery report
PARAGRAPHS = 4_000  # of one delivery report
RECIPIENTS = 1_000  # as many as one message may have
LINE_CHARACTERS = 2_000
