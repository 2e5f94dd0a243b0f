#!/bin/sh
# Makes what a collector and the service need to know each other by TLS, where there is no authority for that yet:
#   certificates.sh FOLDER COLLECTOR
# COLLECTOR is the name or address by which the service reaches the collector, as openssl spells it: DNS:siem.example or IP:192.0.2.7.
# ca.pem goes to both; collector.pem and collector.key to the collector; isoledger.pem and isoledger.key to the service.
# Keep ca.key away from both: whoever has it can pass for either.
set -eu
mkdir -p "$1"
cd "$1"
umask 077
key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
openssl req -x509 $key -keyout ca.key -out ca.pem -days 3650 -subj '/CN=isoledger syslog'
sign() {
  openssl req $key -keyout "$1.key" -out "$1.request" -subj "/CN=$1"
  printf 'subjectAltName=%s\n' "$2" > "$1.names"
  openssl x509 -req -in "$1.request" -CA ca.pem -CAkey ca.key -CAcreateserial -out "$1.pem" -days 825 -extfile "$1.names"
  rm "$1.request" "$1.names"
}
sign collector "$2"
sign isoledger DNS:isoledger
