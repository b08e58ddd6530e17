//! The real-time clock (Motorola MC146818A data sheet; the century is taken to be this one).

use crate::port::Port;

const SECONDS: u8 = 0;
const MINUTES: u8 = 2;
const HOURS: u8 = 4;
const DAY: u8 = 7;
const MONTH: u8 = 8;
const YEAR: u8 = 9;
const STATUS_A: u8 = 0x0A;
const STATUS_B: u8 = 0x0B;
const UPDATE_IN_PROGRESS: u8 = 0x80;
const BINARY: u8 = 4;
const HOURS_24: u8 = 2;
const PM: u8 = 0x80;

fn register(number: u8) -> u8 {
    // SAFETY: the RTC of a PC stands at these ports.
    let [index, data] = [0x70, 0x71].map(|port| unsafe { Port::<u8>::new(port) });
    index.write(number);
    data.read()
}

fn read_all() -> [u8; 6] {
    [SECONDS, MINUTES, HOURS, DAY, MONTH, YEAR].map(register)
}

/// The second's register, for who waits until it changes.
pub(crate) fn second() -> u8 {
    register(SECONDS)
}

/// Seconds since 1970-01-01 00:00:00 UTC; the RTC is taken to run in UTC. `None` where there is none, or it shows no time: its
/// battery may have been empty.
#[must_use]
pub fn read_seconds() -> Option<u64> {
    let mut fields = read_all();
    // An update between two registers would mix two times: read until two readings agree.
    for _ in 0..100 {
        let again = read_all();
        if fields == again && register(STATUS_A) & UPDATE_IN_PROGRESS == 0 {
            break;
        }
        fields = again;
    }
    seconds(fields, register(STATUS_B))
}

fn seconds(fields: [u8; 6], status: u8) -> Option<u64> {
    let number = |value: u8| if status & BINARY != 0 { value } else { (value >> 4) * 10 + (value & 15) };
    let [second, minute, raw_hour, day, month, year] = fields;
    let mut hour = number(raw_hour & !PM);
    if status & HOURS_24 == 0 {
        hour = hour % 12 + if raw_hour & PM != 0 { 12 } else { 0 };
    }
    let [second, minute, day, month, year] = [second, minute, day, month, year].map(|value| u64::from(number(value)));
    let is_time = second < 60 && minute < 60 && hour < 24;
    let is_date = (1..=31).contains(&day) && (1..=12).contains(&month) && year < 100;
    (is_time && is_date)
        .then(|| days_from_civil(2000 + year, month, day) * 86_400 + u64::from(hour) * 3600 + minute * 60 + second)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin in March.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let day_of_year = (153 * month + 2) / 5 + day.max(1) - 1;
    (year * 365 + leap_days + day_of_year).saturating_sub(719_468)
}
