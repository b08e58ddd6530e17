//! Fields of packets: numbers of 8, 32 and 64 bits, big endian, and strings behind their length.

/// What a packet claims. Each call takes one field; `None` when it is cut off.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(packet: &'a [u8]) -> Reader<'a> {
        Reader(packet)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*bytes))
    }

    pub(super) fn long(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*bytes))
    }

    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }

    /// A string that is text: names of files are UTF-8 here.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        self.string().and_then(|bytes| std::str::from_utf8(bytes).ok())
    }
}

/// Builds a packet.
pub(super) struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    /// Appends what `fill` writes as a packet.
    pub(super) fn packet(output: &mut Vec<u8>, fill: impl FnOnce(&mut Writer<'_>)) {
        let start = output.len();
        output.extend([0; 4]);
        fill(&mut Writer(output));
        let length = u32::try_from(output.len().saturating_sub(start + 4)).unwrap_or(u32::MAX);
        if let Some(place) = output.get_mut(start..).and_then(|packet| packet.first_chunk_mut()) {
            *place = length.to_be_bytes();
        }
    }

    pub(super) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn number(&mut self, value: u32) {
        self.0.extend(value.to_be_bytes());
    }

    pub(super) fn long(&mut self, value: u64) {
        self.0.extend(value.to_be_bytes());
    }

    pub(super) fn string(&mut self, value: &[u8]) {
        self.number(u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.0.extend_from_slice(value);
    }
}
