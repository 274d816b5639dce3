#!/bin/sh
# Makes classes of the WSDL, compiles the example against them and runs it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
jaxws=${JAX_WS:-/usr/share/java/jaxws-rt.jar}
made=$(mktemp -d)
trap 'rm -r "$made"' EXIT

wsimport -quiet -Xnocompile -s "$made" -p epm "$EPM_ENDPOINT/soap/AppIntfWS?wsdl" >/dev/null
javac -encoding UTF-8 -nowarn -d "$made" -cp "$jaxws" "$made"/epm/*.java "$here/SendEmail.java"
java -cp "$made:$jaxws" SendEmail "$@"
