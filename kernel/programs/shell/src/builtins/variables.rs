//! Builtins about variables, arguments and options.

use super::call::{Call, OK, Outcome, quoted};
use crate::shell::{OnFailure, OnUnset, Shell, State, Trace};
use crate::syntax::is_name;

pub(super) fn export(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let names = call.operands();
    if names.is_empty() {
        let line = |(name, value): (&String, &String)| format!("export {name}={}\n", quoted(value));
        return call.print(shell.state.variables.environment().iter().map(line).collect::<String>());
    }
    for argument in names {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (argument.as_str(), None),
        };
        if !is_name(name) {
            return call.fail(format_args!("{name} cannot be a variable's name"));
        }
        if let Err(error) = value.map_or(Ok(()), |value| shell.state.variables.set(name, value)) {
            return call.fail(format_args!("{name}: {error}"));
        }
        shell.state.variables.export(name);
    }
    OK
}

pub(super) fn unset(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    match call.args {
        [_, option, names @ ..] if option == "-f" => {
            names.iter().for_each(|name| drop(shell.state.functions.remove(name)))
        }
        _ => call.args.iter().skip(1).for_each(|name| shell.state.variables.unset(name)),
    }
    OK
}

pub(super) fn set(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let arguments = call.operands();
    if arguments.is_empty() {
        let line = |(name, value)| format!("{name}={}\n", quoted(value));
        return call.print(shell.state.variables.iter().map(line).collect::<String>());
    }
    for (index, argument) in arguments.iter().enumerate() {
        match argument.as_str() {
            "--" => {
                shell.set_arguments(arguments.get(index + 1..).unwrap_or_default());
                return OK;
            }
            option if option.starts_with(['-', '+']) => match Options::parse(option) {
                Some(options) => options.apply(&mut shell.state),
                None => return call.usage(),
            },
            _ => {
                shell.set_arguments(arguments.get(index..).unwrap_or_default());
                return OK;
            }
        }
    }
    OK
}

pub(super) fn shift(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let count = match call.args {
        [_] => Ok(1),
        [_, count] => count.parse::<usize>(),
        _ => return call.usage(),
    };
    let Ok(count) = count else { return call.usage() };
    match shell.arguments().get(count..) {
        Some(rest) => {
            let rest = rest.to_vec();
            shell.set_arguments(&rest);
            OK
        }
        None => call.fail("there are fewer arguments"),
    }
}

/// Variables of the function that runs: what they were before comes back at its end.
pub(super) fn local(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let names = call.operands();
    if names.is_empty() {
        return call.usage();
    }
    for argument in names {
        let (name, value) =
            argument.split_once('=').map_or((argument.as_str(), None), |(name, value)| (name, Some(value)));
        if !is_name(name) {
            return call.fail(format_args!("{name} cannot be a variable's name"));
        }
        let Some(locals) = shell.locals.last_mut() else {
            return call.fail("there is no function around it");
        };
        let variables = &mut shell.state.variables;
        locals.entry(name.to_owned()).or_insert_with(|| variables.save(name));
        if let Err(error) = value.map_or(Ok(()), |value| variables.set(name, value)) {
            return call.fail(format_args!("{name}: {error}"));
        }
    }
    OK
}

/// Options of the shell, as one argument names them.
pub(crate) struct Options<'a> {
    sign: char,
    letters: &'a str,
}

impl Options<'_> {
    /// `-eux` and the like, and with `+` the opposite.
    pub(crate) fn parse(argument: &str) -> Option<Options<'_>> {
        let mut characters = argument.chars();
        let sign = characters.next().filter(|sign| matches!(sign, '-' | '+'))?;
        let letters = characters.as_str();
        let are_known = !letters.is_empty() && letters.chars().all(|letter| matches!(letter, 'e' | 'u' | 'x'));
        are_known.then_some(Options { sign, letters })
    }

    pub(crate) fn apply(&self, state: &mut State) {
        for letter in self.letters.chars() {
            match (letter, self.sign) {
                ('e', '-') => state.on_failure = OnFailure::Exit,
                ('e', _) => state.on_failure = OnFailure::GoOn,
                ('u', '-') => state.on_unset = OnUnset::Exit,
                ('u', _) => state.on_unset = OnUnset::Empty,
                (_, '-') => state.trace = Trace::Commands,
                _ => state.trace = Trace::Off,
            }
        }
    }
}
