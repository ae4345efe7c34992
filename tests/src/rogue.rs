//! A system outside that keeps to no rule: each connection gets what a test's script does with it, byte by byte.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_linger;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

type Script = dyn Fn(&mut Visit) -> io::Result<()> + Send + Sync;

/// The server. Ended when dropped.
#[derive(Debug)]
pub struct Rogue {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    visits: AtomicUsize,
    open: AtomicUsize,
    ended: AtomicBool,
}

/// One connection.
pub struct Visit {
    stream: Stream,
    /// Which one it is, from 0.
    pub number: usize,
    /// What was read and not used.
    rest: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Rogue {
    /// Runs the script for each connection, which is closed after it.
    pub fn start(script: impl Fn(&mut Visit) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self::listen(None, script)
    }

    /// The same over TLS.
    pub fn with_tls(
        config: ServerConfig,
        script: impl Fn(&mut Visit) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Some(Arc::new(config)), script)
    }

    fn listen(
        config: Option<Arc<ServerConfig>>,
        script: impl Fn(&mut Visit) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (shared, script): (_, Arc<Script>) = (Arc::<Shared>::default(), Arc::new(script));
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                // In this order, so that whoever saw it come sees that it is open.
                shared.open.fetch_add(1, SeqCst);
                let number = shared.visits.fetch_add(1, SeqCst);
                let (shared, script, config) = (Arc::clone(&shared), Arc::clone(&script), config.clone());
                thread::spawn(move || {
                    // What a script can't send any more is what its test is about.
                    let _ = serve(stream, number, config, &*script);
                    shared.open.fetch_sub(1, SeqCst);
                });
            }
        });
        Self { address, shared: own }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections so far.
    pub fn visits(&self) -> usize {
        self.shared.visits.load(SeqCst)
    }

    /// Connections whose script has not ended: it waits, or the other side still reads.
    pub fn open(&self) -> usize {
        self.shared.open.load(SeqCst)
    }
}

impl Drop for Rogue {
    fn drop(&mut self) {
        self.shared.ended.store(true, SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: TcpStream, number: usize, config: Option<Arc<ServerConfig>>, script: &Script) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let stream = match config {
        None => Stream::Plain(stream),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(io::Error::other)?;
            Stream::Tls(Box::new(StreamOwned::new(connection, stream)))
        }
    };
    script(&mut Visit { stream, number, rest: Vec::new() })
}

impl std::fmt::Debug for Visit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Visit({})", self.number)
    }
}

impl Visit {
    /// Answers with this certificate from now on: what was sent before was plain.
    ///
    /// # Errors
    /// The other side does not speak TLS, or is gone.
    pub fn start_tls(&mut self, config: &Arc<ServerConfig>) -> io::Result<()> {
        let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, self.tcp().try_clone()?);
        // What came with the last plain bytes is the other side's first word.
        let mut early = std::mem::take(&mut self.rest);
        while !early.is_empty() {
            let used = stream.conn.read_tls(&mut early.as_slice())?;
            early.drain(..used);
            stream.conn.process_new_packets().map_err(io::Error::other)?;
        }
        stream.flush()?;
        self.stream = Stream::Tls(Box::new(stream));
        Ok(())
    }

    /// The head of the next request.
    ///
    /// # Errors
    /// There is none.
    pub fn head(&mut self) -> io::Result<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(self.take(1)?);
        }
        Ok(String::from_utf8_lossy(&head).into_owned())
    }

    /// So many bytes of what the other side sends.
    ///
    /// # Errors
    /// It sends fewer.
    pub fn take(&mut self, bytes: usize) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; 16 * 1024];
        while self.rest.len() < bytes {
            let read = match &mut self.stream {
                Stream::Plain(stream) => stream.read(&mut buffer)?,
                Stream::Tls(stream) => stream.read(&mut buffer)?,
            };
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.rest.extend_from_slice(&buffer[..read]);
        }
        Ok(self.rest.drain(..bytes).collect())
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// The other side is gone.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes.as_ref()),
            Stream::Tls(stream) => {
                stream.write_all(bytes.as_ref())?;
                stream.flush()
            }
        }
    }

    /// Says nothing for a time, whatever comes, or until the other side goes away, which is an error.
    ///
    /// # Errors
    /// The other side is gone.
    pub fn silence(&mut self, time: Duration) -> io::Result<()> {
        let (end, mut buffer) = (Instant::now() + time, vec![0; 16 * 1024]);
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.tcp().set_read_timeout(Some(left))?;
            let read = match &mut self.stream {
                Stream::Plain(stream) => stream.read(&mut buffer),
                Stream::Tls(stream) => stream.read(&mut buffer),
            };
            match read {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.rest.extend_from_slice(&buffer[..read]),
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
                Err(error) => return Err(error),
            }
        }
        self.tcp().set_read_timeout(None)
    }

    /// Ends the connection with a reset, so that the other side gets an error in place of an end.
    ///
    /// # Errors
    /// Never, for a script whose last word it is.
    pub fn reset(&mut self) -> io::Result<()> {
        Ok(set_socket_linger(self.tcp(), Some(Duration::ZERO))?)
    }

    /// Sends no more, and still reads.
    ///
    /// # Errors
    /// The other side is gone.
    pub fn finish(&mut self) -> io::Result<()> {
        self.tcp().shutdown(Shutdown::Write)
    }

    fn tcp(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream.get_ref(),
        }
    }
}
