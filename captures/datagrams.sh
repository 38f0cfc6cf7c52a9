#!/bin/bash
# Makes the captures of protocols over UDP: real servers and clients on the loopback of a network namespace of its own.
#
#     captures/datagrams.sh [FOLDER [NAME...]]        as root; into captures/, all of them
#
# Debian has the software: dnsmasq, bind9-dnsutils, snmpd, snmp, freeradius, freeradius-utils, libcoap3-bin, sip-tester, chrony,
# ntpsec-ntpdig, bsdutils.
set -euo pipefail

if [[ ${1-} != inside ]]; then
    folder=$(realpath "${1-$(dirname "$0")}")
    exec unshare --net --pid --fork --mount-proc "$0" inside "$folder" "${@:2}"
fi
folder=$2
shift 2
scratch=$(mktemp -d)
chmod 755 "$scratch"
ip link set lo up
server=

# record NAME FILTER FUNCTION: what goes over the loopback while FUNCTION runs.
record() {
    tcpdump -q -i lo -U -w "$scratch/$1.pcap" "$2" 2>"$scratch/tcpdump" &
    local tcpdump=$!
    until grep -q listening "$scratch/tcpdump"; do sleep 0.1; done
    "$3" >"$scratch/$1.log" 2>&1
    sleep 1
    kill -INT "$tcpdump"
    wait "$tcpdump" || true
    cp "$scratch/$1.pcap" "$folder/$1.pcap"
    [[ ! $server ]] || kill -KILL "$server"
    server=
}

# held SECONDS COMMAND...: while the server does not get to run.
held() {
    local seconds=$1
    shift
    kill -STOP "$server"
    (sleep "$seconds" && kill -CONT "$server") &
    local waker=$!
    "$@" || true
    wait "$waker"
}

dns() {
    dnsmasq -k -C /dev/null -h -R -i lo --bind-interfaces --address=/a.test/10.0.0.1 --address=/b.test/10.0.0.2 \
        --txt-record=c.test,hello --local=/test/ &
    server=$!
    sleep 0.5
    dig +noall +answer @127.0.0.1 a.test
    dig +noall +answer @127.0.0.1 b.test AAAA
    dig +noall +answer @127.0.0.1 c.test TXT
    dig +noall +comments @127.0.0.1 nosuch.test
    held 1.5 dig +tries=2 +time=1 +noall +answer @127.0.0.1 b.test
    held 1.5 dig +tries=1 +time=1 +noall +answer @127.0.0.1 a.test
    # Three questions out of one socket before any answer is read, then the first once more.
    python3 - <<'PY'
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", 53))
def ask(number, name):
    s.send(struct.pack("!6H", number, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(w)]) + w.encode() for w in name.split(".")) + b"\0\0\1\0\1")
for number, name in enumerate(("a.test", "b.test", "x.test"), 7):
    ask(number, name)
for _ in range(3):
    s.recv(512)
ask(7, "b.test")
s.recv(512)
PY
}

snmp() {
    printf '%s\n' 'rocommunity public' 'createUser alice MD5 "12345678" DES "12345678"' 'rouser alice noauth' \
        'agentAddress udp:127.0.0.1:161' >"$scratch/snmpd.conf"
    SNMP_PERSISTENT_DIR=$scratch snmpd -f -Lo -C -c "$scratch/snmpd.conf" -I system_mib,sysORTable &
    server=$!
    sleep 1
    snmpget -On -v2c -c public 127.0.0.1 1.3.6.1.2.1.1.5.0
    snmpget -On -v1 -c public 127.0.0.1 1.3.6.1.2.1.1.6.0 1.3.6.1.2.1.1.4.0
    snmpwalk -On -v2c -c public 127.0.0.1 1.3.6.1.2.1.1.9.1.3
    snmpbulkget -On -v2c -c public 127.0.0.1 1.3.6.1.2.1.1
    snmpget -On -v3 -u alice -l noAuthNoPriv 127.0.0.1 1.3.6.1.2.1.1.5.0
    snmpget -On -v3 -u alice -l authPriv -A 12345678 -X 12345678 127.0.0.1 1.3.6.1.2.1.1.5.0
    held 1.5 snmpget -On -t 1 -r 2 -v2c -c public 127.0.0.1 1.3.6.1.2.1.1.5.0
    snmptrap -v2c -c public 127.0.0.1 '' 1.3.6.1.6.3.1.1.5.1
}

declare -A filters=(
    [dns_udp]='udp port 53 or icmp' [snmp]='udp port 161 or udp port 162'
)
names=("$@")
((${#names[@]})) || names=("${!filters[@]}")
for name in "${names[@]}"; do
    record "$name" "${filters[$name]}" "${name%_udp}"
    cat "$scratch/$name.log"
done
rm -r "$scratch"
