// JupyterLite's kernel, a worker, loads this script as if it were Pyodide. It takes Pyodide from where course.json says,
// adds the course's own wheels to the list of packages, loads everything together, and tells the page how far it is.
// (A classic script: the kernel's own build has lost `import()` of an address.)

self.loadPyodide = async (options) => {
  const channel = new BroadcastChannel("lstm-edu-live");
  const say = (text) => channel.postMessage({ text });
  try {
    return await load(options, say);
  } catch (error) {
    say(`Python could not be loaded (${error.message ?? error}). Reload the page to try again`);
    throw error;
  }

  async function load(options, say) {
    const here = options.indexURL; // the kernel takes it from this script's address
    const course = await json(new URL("course.json", here));
    const indexURL = new URL(course.pyodide, here).href;
    say(`Loading Python (${course.megabytes.python} MB)`);
    importScripts(`${indexURL}pyodide.js`); // sets self.loadPyodide to the real one
    const lock = await json(`${indexURL}pyodide-lock.json`);
    for (const [name, entry] of Object.entries(course.packages)) {
      lock.packages[name] = { ...entry, file_name: new URL(entry.file_name, here).href };
    }
    const lockFileURL = URL.createObjectURL(new Blob([JSON.stringify(lock)], { type: "application/json" }));
    const pyodide = await self.loadPyodide({
      ...options,
      indexURL,
      packageCacheDir: indexURL,
      lockFileURL,
      env: { ...options.env, ...course.env },
      packages: [],
    });
    URL.revokeObjectURL(lockFileURL);
    const home = pyodide.runPython("import os; os.path.expanduser('~')");
    const write = (name, text) => {
      const path = `${home}/${name}`;
      pyodide.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
      pyodide.FS.writeFile(path, text);
    };
    say(`Loading NumPy, matplotlib, Keras and the course (${course.megabytes.packages} MB)`);
    await pyodide.loadPackage(course.load, { messageCallback: () => {} });
    const recorded = await fetch(new URL("recorded.json", here));
    if (recorded.ok) write(course.recorded, await recorded.text());
    say("Starting Python");
    write(course.config, 'c.InteractiveShellApp.extensions = ["lstm_edu.live.starting"]\n');
    return pyodide;
  }

  async function json(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status} ${answer.statusText}`);
    return answer.json();
  }
};
