//! `fetch` and `http` against a server on the loopback address.

mod support;

use process::KillReason;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;
use support::{LIMIT, Machine};

/// A server that answers by the path that is asked for; its address.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            std::thread::spawn(move || serve(&stream));
        }
    });
    format!("http://{address}")
}

/// Answers one request; a client that goes away is its own affair.
fn serve(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or(0) > 0 {}
    let lower = head.to_lowercase();
    let header = |name: &str| lower.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or("");
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    let _gone = reader.read_exact(&mut body);
    let [method, path] = [0, 1].map(|at| head.split(' ').nth(at).unwrap_or("").to_owned());
    let (status, more, content) = match path.as_str() {
        "/json" => {
            ("200 OK", "X-Test: yes\r\nX-Test: twice\r\nContent-Type: application/json\r\n", b"{\"a\":[1,2]}".to_vec())
        }
        "/missing" => ("404 Not Found", "", b"no such page".to_vec()),
        "/moved" => ("302 Found", "Location: /json\r\n", Vec::new()),
        "/round" => ("302 Found", "Location: /round\r\n", Vec::new()),
        "/bytes" => ("200 OK", "", (0..=255).collect()),
        "/none" => ("204 No Content", "", Vec::new()),
        "/big" => ("200 OK", "", vec![b'x'; 8 << 20]),
        "/cut" => {
            let _gone = (&mut &*stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
            return;
        }
        "/nonsense" => {
            let _gone = (&mut &*stream).write_all(b"good day\r\n\r\n");
            return;
        }
        "/hang" => {
            // Until the client goes.
            let _gone = reader.read(&mut [0]);
            return;
        }
        _ => {
            let told = format!("{method} {path} {} {} {}", header("x-mine"), header("content-type"), body.len());
            ("200 OK", "", [told.as_bytes(), b" ", &body].concat())
        }
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n", content.len());
    let _gone = (&mut &*stream).write_all(&[head.as_bytes(), &content].concat());
}

/// The output of a text in which `at` is the server's address.
fn run(machine: &Machine, options: &[&str], text: &str) -> String {
    let text = format!("const at = '{}'; {text}", server());
    let (status, output, errors) = machine.run(&[options, &["-e", &text]].concat());
    assert_eq!((status, errors.as_str()), (0, ""), "{text}: {output}");
    output
}

#[test]
fn answers_have_a_status_headers_and_a_body() {
    let machine = Machine::new();
    let output = run(
        &machine,
        &[],
        "const r = await fetch(at + '/json'); console.log(r.status, r.statusText, r.ok, r.redirected, r.url === at + '/json');
         console.log(r.headers.get('X-Test'), r.headers.get('content-type'), r.headers.has('nope'), [...r.headers.keys()].length);
         console.log(await r.json(), r.bodyUsed); try { await r.text() } catch (e) { console.log(e.name) }
         const m = await fetch(at + '/missing'); console.log(m.status, m.ok, await m.text());
         const b = new Uint8Array(await (await fetch(at + '/bytes')).arrayBuffer()); console.log(b.length, b[255]);
         console.log((await (await fetch(at + '/bytes')).bytes()).length, (await fetch(at + '/none')).status);
         const moved = await fetch(at + '/moved'); console.log(moved.redirected, moved.url.endsWith('/json'), (await moved.json()).a.length);
         console.log((await fetch(at + '/moved', { redirect: 'manual' })).status);
         console.log(http.Get(at + '/missing'), await (await http.get(at + '/json')).text());",
    );
    let expected = "200 OK true false true\nyes, twice application/json false 4\n{ a: [ 1, 2 ] } true\nTypeError\n\
                    404 false no such page\n256 255\n256 204\ntrue true 2\n302\nno such page {\"a\":[1,2]}\n";
    assert_eq!(output, expected);
}

#[test]
fn requests_have_a_method_headers_and_a_body() {
    let machine = Machine::new();
    let output = run(
        &machine,
        &[],
        "const told = async (...words) => console.log(await (await fetch(at + '/told?q=1#f', ...words)).text());
         await told(); await told({ headers: { 'X-Mine': 'a b' } });
         await told({ method: 'POST', body: 'héllo' });
         await told({ method: 'put', body: new Uint8Array([65, 66]), headers: [['Content-Type', 'x/y']] });
         await told({ method: 'POST', body: JSON.stringify({ a: 1 }), headers: new Headers({ 'content-type': 'application/json' }) });
         await told({ method: 'POST', body: new URLSearchParams({ a: '1 2' }) });
         await told({ method: 'DELETE' }); await told({ method: 'PATCH', body: 'x'.repeat(3) });
         const request = new Request(at + '/made', { method: 'POST', body: 'once' });
         console.log(await (await fetch(request)).text(), await (await http.post(at, 'short')).text());
         const all = await Promise.all(Array.from({ length: 20 }, async (_, i) => (await fetch(`${at}/n${i}`)).text()));
         console.log(all.every((text, i) => text.startsWith(`GET /n${i} `)));",
    );
    let expected = "GET /told?q=1   0 \nGET /told?q=1 a b  0 \nPOST /told?q=1  text/plain;charset=utf-8 6 héllo\n\
                    PUT /told?q=1  x/y 2 AB\nPOST /told?q=1  application/json 7 {\"a\":1}\n\
                    POST /told?q=1  application/x-www-form-urlencoded;charset=utf-8 5 a=1+2\nDELETE /told?q=1   0 \n\
                    PATCH /told?q=1  text/plain;charset=utf-8 3 xxx\nPOST /made  text/plain;charset=utf-8 4 once \
                    POST /  text/plain;charset=utf-8 5 short\ntrue\n";
    assert_eq!(output, expected);
}

#[test]
fn what_goes_wrong_rejects_with_its_cause() {
    let machine = Machine::new();
    let output = run(
        &machine,
        &[],
        "const fails = async (url, init) => { try { await fetch(url, init); console.log('fine'); } catch (e) { console.log(e.name, e.message); } };
         await fails('https://localhost/'); await fails('ftp://localhost/'); await fails('nonsense'); await fails('http://');
         await fails('http://127.0.0.1:1/'); await fails('http://no-such-host.invalid/');
         await fails(at + '/cut'); await fails(at + '/nonsense'); await fails(at + '/round');
         await fails(at, { body: 'x' }); await fails(at, { method: 'GE T' }); await fails(at, { headers: { 'a b': 'c' } });
         await fails(at, { headers: { a: 'b\\r\\nc: d' } });
         await fails(at + '/hang', { signal: AbortSignal.timeout(20) });
         const controller = new AbortController(); setTimeout(() => controller.abort(), 20);
         await fails(at + '/hang', { signal: controller.signal }); await fails(at, { signal: controller.signal });
         try { http.Get('https://x/') } catch (e) { console.log(e.name) }
         await fails(at + '/json');",
    );
    let lines: Vec<&str> = output.lines().collect();
    for (line, says) in lines.iter().zip([
        "TypeError fetch https://localhost/: https is not available, only http",
        "TypeError fetch ftp://localhost/: unknown scheme ftp:",
        "TypeError",
        "TypeError",
        "TypeError fetch http://127.0.0.1:1/: ",
        "TypeError fetch http://no-such-host.invalid/: ",
        "TypeError fetch http://127.0.0.1:",
        "TypeError fetch http://127.0.0.1:",
        "TypeError fetch http://127.0.0.1:",
        "TypeError a GET request has no body",
        "TypeError not a method: GE T",
        "TypeError not a header's name: ",
        "TypeError a header may not contain a line break",
        "TimeoutError the time is over",
        "AbortError ",
        "AbortError ",
        "TypeError",
        "fine",
    ]) {
        assert!(line.starts_with(says), "{says}: {output}");
    }
    assert_eq!(lines.len(), 18, "{output}");
}

#[test]
fn requests_that_nobody_waits_for_are_still_under_way() {
    let machine = Machine::new();
    let output = run(
        &machine,
        &[],
        "const names = []; for (let i = 0; i < 70; i++) {
           const controller = new AbortController(); const wait = fetch(at + '/hang', { signal: controller.signal });
           controller.abort(); await wait.catch((error) => names.push(error.name));
         }
         console.log(names.filter((name) => name === 'AbortError').length, names.filter((name) => name === 'Error').length);",
    );
    assert_eq!(output, "64 6\n");
}

#[test]
fn an_answer_beyond_the_memory_is_an_error() {
    let machine = Machine::new();
    let text = "try { await fetch(at + '/big') } catch (e) { console.log(e.name, e.message.includes('limit')) }";
    assert_eq!(run(&machine, &["--mem", "16M"], text), "TypeError true\n");
    assert_eq!(run(&machine, &[], "console.log((await (await fetch(at + '/big')).text()).length)"), "8388608\n");
}

#[test]
fn a_script_ends_while_a_request_hangs() {
    let machine = Machine::new();
    for text in ["fetch(at + '/hang')", "http.Get(at + '/hang')", "await fetch(at + '/hang')"] {
        let text = format!("const at = '{}'; console.log('on'); {text}; export {{}};", server());
        let (process, [output, errors]) = machine.start_piped(&["-e", &text], "");
        assert_eq!(output.read(&mut [0; 3]), Ok(3), "{text} prints");
        process.kill(KillReason::Interrupt);
        let status = process.wait_until(Instant::now() + LIMIT).unwrap_or_else(|_| panic!("{text} goes on"));
        assert_eq!(status.code(), 130, "{text}: {}", support::drain(&errors));
    }
    assert_eq!(run(&machine, &[], "fetch(at + '/hang'); setTimeout(() => process.exit(), 5)"), "");
}
