"""The Application Interface: two doors, one set of operations, one table of errors. Read it in this order.

1. `problems` is the table of errors; `authentication` says who calls, and what it may use and see; `rates` how much.
2. `parameters` and `queries` are tables of what callers may say; `readers` (with `lists`, `addresses`, `destinations`,
   `attachments`) how each value is read, and its JSON Schema; `requests` and `batches` make a Submission of them.
3. `operations/` has a function for everything callers can ask for. `shapes` is what they are answered, `pages` are lists by
   cursor, `configuration` is what management knows of each kind of row, `idempotency` answers repeats.
4. `rest/` is one door: `views` and `managing` hand a request to its operation; `door` is what all views share, `parsing` reads
   JSON. `described*`, `schemas`, `components`, `answer_schemas` and `examples` are its OpenAPI description.
5. `soap/` is the other: `views` (bytes to answer), `envelope`, `mtom`, `security`, `addressing`; `description` holds a request
   against AppIntfWS.wsdl; `dispatch` finds its operation; `requests` and `answers` are the way in and out; `faults` tells
   problems.

A new operation is a function in `operations/`, exported there, which takes the Caller and plain parameters, requires a scope,
and answers plain JSON or raises a Problem. At the REST door: a view, its address in `urls`, a `described` entry with an example
and a schema of its answer; then the golden file is made anew (EPM_GOLDEN=write, tests/interface/test_golden.py). At the SOAP
door: its elements and operation in the WSDL, a reader in `requests`, a writer in `answers`, its row in `dispatch`. And a row in
docs/api.md.
"""
