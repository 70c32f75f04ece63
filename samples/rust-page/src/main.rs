//! Resolves a name, and fetches a page over HTTP from a server of its own.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::{env, thread};

fn main() -> io::Result<()> {
    if env::args().nth(1).as_deref() == Some("crash") {
        let request = thread::spawn(|| panic!("as asked"));
        println!("a request failed: {}", request.join().is_err());
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || listener.incoming().flatten().try_for_each(serve));

    let address = resolve("localhost", port)?;
    println!("localhost is {}", address.ip());
    println!("got {}", fetch(address)?);
    Ok(())
}

fn resolve(name: &str, port: u16) -> io::Result<SocketAddr> {
    (name, port)
        .to_socket_addrs()?
        .find(SocketAddr::is_ipv4)
        .ok_or_else(|| io::Error::other(format!("{name} has no address")))
}

fn serve(mut client: TcpStream) -> io::Result<()> {
    let mut lines = BufReader::new(&client).lines();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let page = "a page over HTTP";
    write!(client, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{page}", page.len())
}

fn fetch(address: SocketAddr) -> io::Result<String> {
    let mut server = TcpStream::connect(address)?;
    write!(server, "GET / HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    server.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Ok(body.to_owned())
}
