// run(program, arguments, options) gives a promise of { status, stdout, stderr }, runSync the same at once.
(function (host) {
  'use strict';
  const words = (program, values) => {
    if (typeof program !== 'string') throw new TypeError('the program has to be a name or a path');
    if (values !== undefined && !Array.isArray(values)) throw new TypeError('the arguments have to be an array');
    return [program, ...(values ?? [])].map(String);
  };
  const variables = (options) => Object.entries(options?.env ?? {}).flat().map(String);
  const finish = (result, options) => {
    if (options?.encoding === null) return result;
    for (const name of ['stdout', 'stderr']) result[name] = new TextDecoder().decode(result[name]);
    return result;
  };
  return {
    runSync: (program, values, options) =>
      finish(host.wait(words(program, values), options?.input, variables(options)), options),
    run: async (program, values, options) =>
      finish(await host.start(words(program, values), options?.input, variables(options)), options),
  };
})
