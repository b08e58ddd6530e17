//! The table: what each program is called, how it is used, what it does.

use crate::call::Row;
use crate::{http, ip, nc, nslookup, ntpdate, ping, ss, tcpdump};

/// Every program.
pub(crate) const TABLE: &[Row] = &[
    Row {
        name: "http",
        usage: "[METHOD] [-iIsO] [-o FILE] [-H HEADER]... [-d DATA | --data-file FILE] [--no-redirect] [-w SECONDS] URL",
        summary: "fetch a URL, or send to one",
        details: "\
  METHOD            GET; with data POST; or PUT, HEAD, DELETE ... (also -X METHOD)
  -d DATA           data to send, as a form has it; --data-file FILE sends a file's content (-: standard input)
  -H \"Name: value\"  a header of the request
  -o FILE           save the content; -O saves it under the URL's own name
  -i                print status and headers, too; -I prints only those (HEAD)
  --no-redirect     do not go where the server points instead
  -w SECONDS        how long connecting and each part of the answer may take
  -s                no progress

The status is 0 for success, 3, 4 or 5 for an HTTP status of that class, 1 when there was no answer. https is not spoken.",
        run: http::run,
    },
    Row {
        name: "ip",
        usage: "[-4 | -6] [-s] OBJECT [COMMAND...]",
        summary: "show and change interfaces, addresses and routes",
        details: "\
  ip addr                           interfaces and their addresses; -s: with counts of frames
  ip addr add ADDRESS/LENGTH dev IF
  ip addr del ADDRESS dev IF
  ip link                           interfaces
  ip link set IF up|down
  ip route                          where packets go
  ip route add TO via ROUTER [dev IF]
  ip route del TO [dev IF]          TO is NETWORK/LENGTH or default
  ip neigh                          machines that were heard of on the links
  ip dhcp IF                        ask for an address anew, from now on by DHCP
  ip dns                            the name servers

Words may be shortened. What ifconfig shows is ip addr; ifconfig IF up is ip link set IF up; route -n is ip route.",
        run: ip::run,
    },
    Row {
        name: "nc",
        usage: "[-46uvz] [-w SECONDS] HOST PORT | nc -l [-46kuv] [-w SECONDS] [ADDRESS] PORT",
        summary: "send standard input to a port, and print what comes back",
        details: "\
  -l          wait for somebody to call
  -k          then wait for the next one, until ^C
  -u          datagrams (UDP) instead of a connection (TCP)
  -z          only tell whether the port is open; PORT may be FIRST-LAST; -v names each
  -w SECONDS  how long connecting may take, and silence
  -v          tell who is connected
  -4 -6       only this family

The end of input ends the sending half of a connection; it goes on until the peer has ended, too.",
        run: nc::run,
    },
    Row {
        name: "nslookup",
        usage: "[-4 | -6] NAME | ADDRESS [SERVER]",
        summary: "find the addresses of a host, or the names of an address",
        details: "Without SERVER as every program finds them: /etc/hosts, the cache, the name servers (ip dns).",
        run: nslookup::run,
    },
    Row {
        name: "ntpdate",
        usage: "[-q] SERVER",
        summary: "set the clock by a time server",
        details: "  -q  only tell how far it is off",
        run: ntpdate::run,
    },
    Row {
        name: "ping",
        usage: "[-46q] [-c COUNT] [-i SECONDS] [-W SECONDS] [-s BYTES] HOST",
        summary: "ask a host for echoes",
        details: "\
  -c COUNT    how many requests; without, until ^C
  -i SECONDS  from one request to the next (1)
  -W SECONDS  how long a reply may take (10)
  -s BYTES    data in a request (56)
  -q          only the statistics

The status is 0 if a reply came, 1 if none came, 2 if nothing could be asked.",
        run: ping::run,
    },
    Row {
        name: "ss",
        usage: "[-tuwlanp46]",
        summary: "list sockets",
        details: "\
  -t TCP  -u UDP  -w ICMP echo; without, all of them
  -l  those that wait for a peer  -a  all; without, those that have one
  -p  with the processes that they belong to",
        run: ss::run,
    },
    Row {
        name: "tcpdump",
        usage: "[-i INTERFACE] [-c COUNT] [-w FILE] [FILTER...]",
        summary: "show the packets that pass",
        details: "\
  -i INTERFACE  one of ip link, or any (the first network card)
  -c COUNT      end after so many
  -w FILE       keep them in a pcap file, for Wireshark (-: standard output)

FILTER is made of tcp, udp, icmp, icmp6, arp, ip, ip6, [src|dst] host ADDRESS, [src|dst] port NUMBER, joined by and, or, not
and parentheses (quote them from the shell). ^C ends it.",
        run: tcpdump::run,
    },
    Row {
        name: "wget",
        usage: "[-q] [-O FILE] [-T SECONDS] URL",
        summary: "save the content of a URL",
        details: "  -O FILE  under this name, not the URL's (-: standard output)  -q  no progress  -T SECONDS  patience",
        run: http::run_wget,
    },
];
