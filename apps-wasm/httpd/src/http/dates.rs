//! Dates as HTTP (RFC 9110, section 5.6.7) and the Common Log Format write them.

use std::time::{Duration, SystemTime};

/// The last second of the year 9999, the last one that four digits can tell.
const LAST_SECOND: u64 = 253_402_300_799;

/// `Sun, 06 Nov 1994 08:49:37 GMT`. A time out of range becomes the nearest one that can be written.
pub(crate) fn http_date(time: SystemTime) -> String {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = since_epoch.as_secs().min(LAST_SECOND);
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

/// Reads any of the three forms that HTTP knows.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).ok()
}

/// `06/Nov/1994:08:49:37 +0000`.
pub(crate) fn log_date(time: SystemTime) -> String {
    let date = http_date(time);
    let words: Vec<&str> = date.split(' ').collect();
    match words[..] {
        [_, day, month, year, clock, _] => format!("{day}/{month}/{year}:{clock} +0000"),
        _ => date,
    }
}

#[cfg(test)]
mod tests {
    use super::{http_date, log_date, parse};
    use std::time::{Duration, SystemTime};

    #[test]
    fn dates() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(http_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(log_date(time), "06/Nov/1994:08:49:37 +0000");
        assert_eq!(parse("Sunday, 06-Nov-94 08:49:37 GMT"), Some(time));
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn times_out_of_range() {
        assert_eq!(http_date(SystemTime::UNIX_EPOCH - Duration::from_secs(9)), "Thu, 01 Jan 1970 00:00:00 GMT");
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
        assert_eq!(http_date(far), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
