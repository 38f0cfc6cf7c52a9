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
    exec unshare --net --uts --mount --pid --fork --mount-proc "$0" inside "$folder" "${@:2}"
fi
folder=$2
shift 2
scratch=$(mktemp -d)
chmod 755 "$scratch"
ip link set lo up
hostname agent
server=

# record NAME FILTER FUNCTION: what goes over the loopback while FUNCTION runs.
record() {
    tcpdump -q -i lo -U -w "$scratch/$1.pcap" "$2" 2>"$scratch/tcpdump" &
    local tcpdump=$!
    until grep -q listening "$scratch/tcpdump"; do sleep 0.1; done
    "$3" >"$scratch/$1.log" 2>&1 || true # clients fail as they are meant to
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
    printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:3\n' >"$scratch/resolv.conf"
    mount --bind "$scratch/resolv.conf" /etc/resolv.conf
    held 1.5 python3 -c 'import socket; print(socket.gethostbyname("a.test"))'
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
    export MIBS=
    printf '%s\n' 'rocommunity public' 'createUser alice MD5 "12345678" DES "12345678"' 'rouser alice noauth' \
        'agentAddress udp:127.0.0.1:161' 'sysdescr agent' 'sysname agent' 'syslocation here' 'syscontact nobody' >"$scratch/snmpd.conf"
    SNMP_PERSISTENT_DIR=$scratch snmpd -f -Lo -C -c "$scratch/snmpd.conf" &
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


radius() {
    cat >"$scratch/radiusd.conf" <<CONF
name = radius
logdir = $scratch
run_dir = $scratch
pidfile = $scratch/radius.pid
security {
    reject_delay = 0
    status_server = yes
}
client here {
    ipaddr = 127.0.0.1
    secret = testing123
}
modules {
    pap {
    }
    always ok {
        rcode = ok
    }
}
server default {
    listen {
        type = auth
        ipaddr = 127.0.0.1
        port = 1812
    }
    listen {
        type = acct
        ipaddr = 127.0.0.1
        port = 1813
    }
    authorize {
        if (&User-Name == "bob") {
            update control {
                &Cleartext-Password := "hello"
            }
        }
        pap
    }
    authenticate {
        Auth-Type PAP {
            pap
        }
    }
    accounting {
        ok
    }
}
CONF
    printf '$INCLUDE /usr/share/freeradius/dictionary\n' >"$scratch/dictionary"
    freeradius -f -d "$scratch" -n radiusd -l stdout &
    server=$!
    sleep 1
    ask_radius() { printf '%s\n' "$1" | radclient -t 1 -r 3 "127.0.0.1:$2" "$3" testing123 || true; }
    ask_radius 'User-Name=bob,User-Password=hello' 1812 auth
    ask_radius 'User-Name=bob,User-Password=wrong' 1812 auth
    ask_radius 'Message-Authenticator=0x00' 1812 status
    ask_radius 'User-Name=bob,Acct-Status-Type=Start,Acct-Session-Id=1' 1813 acct
    held 1.5 ask_radius 'User-Name=bob,User-Password=hello' 1812 auth
    printf 'User-Name=bob,User-Password=%s\n\n' hello wrong hello | radclient -p 3 127.0.0.1:1812 auth testing123 || true
}

coap() {
    coap-server-notls -A 127.0.0.1 -p 5683 -d 10 &
    server=$!
    sleep 0.5
    coap-client-notls -m get coap://127.0.0.1/
    coap-client-notls -m get -N coap://127.0.0.1/time
    coap-client-notls -m put -e 1 coap://127.0.0.1/thing
    coap-client-notls -m get coap://127.0.0.1/nosuch
    coap-client-notls -m get 'coap://127.0.0.1/async?1'
    coap-client-notls -m get -s 2 -B 3 -T observed coap://127.0.0.1/time
    held 3 coap-client-notls -m get -B 5 coap://127.0.0.1/time
}

sip() {
    cd "$scratch"
    sipp -sn uas -i 127.0.0.1 -p 5060 -nostdin >uas.log 2>&1 &
    server=$!
    sleep 1
    sipp -sn uac -i 127.0.0.1 -p 5061 -m 2 -r 20 -d 200 -nostdin 127.0.0.1:5060 >uac.log 2>&1 || true
    held 0.8 sipp -sn uac -i 127.0.0.1 -p 5062 -m 1 -d 200 -nostdin 127.0.0.1:5060 >uac.log 2>&1
    cd - >/dev/null
}

ntp() {
    printf '%s\n' 'local stratum 5' 'allow' 'bindaddress 127.0.0.1' 'cmdport 0' 'user root' "pidfile $scratch/chronyd.pid" \
        "driftfile $scratch/drift" >"$scratch/chrony.conf"
    chronyd -d -x -f "$scratch/chrony.conf" &
    server=$!
    sleep 2
    ntpdig 127.0.0.1
    ntpdig -p 3 127.0.0.1
    held 1.5 ntpdig -t 1 127.0.0.1
}

syslog() {
    python3 -c 'import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 514)); time.sleep(9)' &
    server=$!
    sleep 0.5
    logger -n 127.0.0.1 -P 514 -d -t shop -p local0.info started
    logger -n 127.0.0.1 -P 514 -d -t shop -p local0.err 'disk full'
    logger -n 127.0.0.1 -P 514 -d -t shop -p local0.err 'disk full'
}

declare -A filters=(
    [dns_udp]='udp port 53 or icmp' [snmp]='udp port 161 or udp port 162' [radius]='udp portrange 1812-1813'
    [coap]='udp port 5683' [sip_udp]='udp port 5060' [ntp]='udp port 123' [syslog]='udp port 514'
)
names=("$@")
((${#names[@]})) || names=("${!filters[@]}")
for name in "${names[@]}"; do
    record "$name" "${filters[$name]}" "${name%_udp}"
    printf '== %s\n' "$name" && cat "$scratch/$name.log"
done
rm -r "$scratch"
