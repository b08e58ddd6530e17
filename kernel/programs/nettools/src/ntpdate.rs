//! `ntpdate`: the time of a time server, shown and made this machine's.

use crate::call::{Call, Failure, Outcome, failed};
use crate::hosts::find_one;
use interfaces::Errno;
use lexopt::Arg;
use net::Correction;
use process::ExitStatus;

pub(crate) fn run(call: &Call<'_>) -> Outcome {
    let mut only_ask = false;
    let mut server = None;
    let mut parser = call.parser();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('q') => only_ask = true,
            Arg::Value(value) if server.is_none() => server = Some(value.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    let server = server.ok_or_else(|| Failure::Usage("a server is missing, for instance pool.ntp.org".into()))?;
    let address = find_one(call.net, &server, None)?.ip();
    let outcome = if only_ask { call.net.ask_time(address) } else { call.net.synchronise(address) };
    let correction = outcome.map_err(|error| match error {
        Errno::ETIMEDOUT => Failure::Error(format!("{server}: no answer from {address}")),
        Errno::ECONNREFUSED => Failure::Error(format!("{server}: {address} has no time server")),
        Errno::EPROTO => {
            Failure::Error(format!("{server}: {address} does not know the time itself, or is no time server"))
        }
        error => failed(&server, error),
    })?;
    let verb = if only_ask { "the clock is off by" } else { "the clock was off by" };
    call.print(&format!("{address}: {verb} {}\n", describe(&correction)))?;
    Ok(ExitStatus::SUCCESS)
}

fn describe(correction: &Correction) -> String {
    let sign = if correction.offset_ns < 0 { '-' } else { '+' };
    let offset_us = correction.offset_ns.unsigned_abs() / 1000;
    let delay_us = correction.delay_ns / 1000;
    format!(
        "{sign}{}.{:06} s (delay {}.{:06} s, stratum {})",
        offset_us / 1_000_000,
        offset_us % 1_000_000,
        delay_us / 1_000_000,
        delay_us % 1_000_000,
        correction.stratum
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_in_seconds() {
        let correction = Correction { offset_ns: -1_500_000_000, delay_ns: 2_345_000, stratum: 2 };
        assert_eq!(describe(&correction), "-1.500000 s (delay 0.002345 s, stratum 2)");
    }
}
