//! A codec: its nodes, and the way from a converter to a socket (specification 1.0a, section 7).

use super::commands::Commands;
use alloc::vec::Vec;

/// Verbs (section 7.3.3).
const GET_PARAMETER: u16 = 0xF00;
const GET_CONNECTIONS: u16 = 0xF02;
const GET_DEFAULT: u16 = 0xF1C;
const SELECT_CONNECTION: u16 = 0x701;
const SET_POWER: u16 = 0x705;
const SET_STREAM: u16 = 0x706;
const SET_PIN: u16 = 0x707;
const SET_AMPLIFIER_POWER: u16 = 0x70C;
const SET_FORMAT: u8 = 0x2;
const SET_GAIN: u8 = 0x3;

/// Parameters (section 7.3.4).
const SUBNODES: u8 = 0x04;
const GROUP_TYPE: u8 = 0x05;
const WIDGET: u8 = 0x09;
const PIN: u8 = 0x0C;
const CONNECTION_COUNT: u8 = 0x0E;
const OUTPUT_AMPLIFIER: u8 = 0x12;

const AUDIO_GROUP: u32 = 1;
const OUTPUT_CONVERTER: u32 = 0;
const PIN_COMPLEX: u32 = 4;
const WIDGET_HAS_OUTPUT_AMPLIFIER: u32 = 1 << 2;
const PIN_CAN_OUTPUT: u32 = 1 << 4;
const PIN_HAS_AMPLIFIER_POWER: u32 = 1 << 16;
const LONG_CONNECTIONS: u32 = 1 << 7;
/// A pin's default configuration: bits 30 and 31 are 1 where nothing is connected; 20 to 23 are the device.
const CONNECTED_NOWHERE: u32 = 1;
/// Line out, speaker, headphones.
const DEVICES: [u32; 3] = [0, 1, 2];
const PIN_OUTPUT: u8 = 1 << 6;
const PIN_HEADPHONES: u8 = 1 << 7;
const AMPLIFIER_POWER_ON: u8 = 1 << 1;
/// Gains are set for left and right, at an output or at input n.
const GAIN_OUTPUT: u16 = 1 << 15 | 1 << 13 | 1 << 12;
const GAIN_INPUT: u16 = 1 << 14 | 1 << 13 | 1 << 12;
/// How many widgets lie between a pin and its converter at most.
const MAX_DEPTH: usize = 5;

/// The converter that plays a stream.
pub(super) struct Converter {
    codec: u8,
    node: u8,
}

impl Converter {
    /// Makes the converter play `stream`, in `format`.
    pub(super) fn set_format(&self, commands: &Commands, format: u16, stream: u8) {
        commands.ask_long(self.codec, self.node, SET_FORMAT, format);
        commands.ask(self.codec, self.node, SET_STREAM, stream << 4);
    }
}

struct Codec<'a> {
    commands: &'a Commands,
    number: u8,
}

/// Finds a way to a socket or speaker in codec `number`, and opens it.
pub(super) fn open(commands: &Commands, number: u8) -> Option<Converter> {
    let codec = Codec { commands, number };
    let group = codec
        .subnodes(0)?
        .find(|node| codec.parameter(*node, GROUP_TYPE).is_some_and(|kind| kind & 0xFF == AUDIO_GROUP))?;
    codec.ask(group, SET_POWER, 0);
    let nodes: Vec<u8> = codec.subnodes(group)?.collect();
    let pins =
        |device: u32| nodes.iter().copied().filter(move |node| codec_pin(commands, number, *node) == Some(device));
    for pin in DEVICES.into_iter().flat_map(pins) {
        let mut way = alloc::vec![pin];
        if codec.find_converter(&mut way) {
            codec.open_way(&way);
            return way.last().map(|node| Converter { codec: number, node: *node });
        }
    }
    None
}

/// What is connected to a node, if it is a pin that can send.
fn codec_pin(commands: &Commands, number: u8, node: u8) -> Option<u32> {
    let codec = Codec { commands, number };
    let default = codec.ask(node, GET_DEFAULT, 0)?;
    let usable = codec.kind(node)? == PIN_COMPLEX
        && codec.parameter(node, PIN)? & PIN_CAN_OUTPUT != 0
        && default >> 30 != CONNECTED_NOWHERE;
    usable.then_some(default >> 20 & 15)
}

impl Codec<'_> {
    fn ask(&self, node: u8, verb: u16, payload: u8) -> Option<u32> {
        self.commands.ask(self.number, node, verb, payload)
    }

    fn parameter(&self, node: u8, parameter: u8) -> Option<u32> {
        self.ask(node, GET_PARAMETER, parameter)
    }

    fn kind(&self, node: u8) -> Option<u32> {
        Some(self.parameter(node, WIDGET)? >> 20 & 15)
    }

    fn subnodes(&self, node: u8) -> Option<impl Iterator<Item = u8> + use<>> {
        let [count, _, first, _] = self.parameter(node, SUBNODES)?.to_le_bytes();
        Some(first..first.saturating_add(count))
    }

    /// The nodes that lead into `node`. Ranges (section 7.1.2) are written out.
    fn connections(&self, node: u8) -> Vec<u8> {
        let mut found: Vec<u8> = Vec::new();
        let Some(count) = self.parameter(node, CONNECTION_COUNT).filter(|count| count & LONG_CONNECTIONS == 0) else {
            return found;
        };
        for index in (0..(count & 0x7F) as u8).step_by(4) {
            let entries = self.ask(node, GET_CONNECTIONS, index).unwrap_or(0).to_le_bytes();
            for entry in entries.into_iter().take((count as u8 & 0x7F).saturating_sub(index).into()) {
                let last = entry & 0x7F;
                match found.last() {
                    Some(first) if entry & 0x80 != 0 => found.extend(first.saturating_add(1)..=last),
                    _ => found.push(last),
                }
            }
        }
        found
    }

    /// Extends `way`, which begins at a pin, to a converter.
    fn find_converter(&self, way: &mut Vec<u8>) -> bool {
        let Some(end) = way.last().copied() else { return false };
        if self.kind(end) == Some(OUTPUT_CONVERTER) {
            return true;
        }
        if way.len() > MAX_DEPTH {
            return false;
        }
        for next in self.connections(end) {
            if !way.contains(&next) {
                way.push(next);
                if self.find_converter(way) {
                    return true;
                }
                way.pop();
            }
        }
        false
    }

    /// Switches everything on the way on, and its gains to full.
    fn open_way(&self, way: &[u8]) {
        for (position, node) in way.iter().enumerate() {
            self.ask(*node, SET_POWER, 0);
            let widget = self.parameter(*node, WIDGET).unwrap_or(0);
            if widget & WIDGET_HAS_OUTPUT_AMPLIFIER != 0 {
                let amplifier = self.parameter(*node, OUTPUT_AMPLIFIER).unwrap_or(0);
                // The offset is the step of 0 dB.
                self.commands.ask_long(self.number, *node, SET_GAIN, GAIN_OUTPUT | (amplifier & 0x7F) as u16);
            }
            let next = way.get(position + 1);
            let input = self.connections(*node).iter().position(|one| Some(one) == next);
            if let Some(input) = input.and_then(|input| u8::try_from(input).ok()) {
                self.ask(*node, SELECT_CONNECTION, input);
                self.commands.ask_long(self.number, *node, SET_GAIN, GAIN_INPUT | u16::from(input & 15) << 8);
            }
        }
        if let Some(pin) = way.first() {
            self.ask(*pin, SET_PIN, PIN_OUTPUT | PIN_HEADPHONES);
            if self.parameter(*pin, PIN).unwrap_or(0) & PIN_HAS_AMPLIFIER_POWER != 0 {
                self.ask(*pin, SET_AMPLIFIER_POWER, AMPLIFIER_POWER_ON);
            }
        }
    }
}
