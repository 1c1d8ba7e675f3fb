// The same in Node.js, in short: deployed as index.js.
"use strict";
const fs = require("fs");
const net = require("net");
const { execFileSync } = require("child_process");
const { Worker } = require("worker_threads");

function attempt(what) {
  try {
    what();
    return "done";
  } catch (error) {
    const text = String(error.stderr || error);
    return error.code || (text.includes("denied") ? "EACCES" : text.includes("No such file") ? "ENOENT" : text);
  }
}

function connect(path) {
  return new Promise((resolve) => {
    const client = net.connect({ path }, () => resolve("done"));
    client.on("error", (error) => resolve(error.code));
  });
}

function inThread(path) {
  const code = `const { parentPort } = require("worker_threads"); let found = "done";
    try { require("fs").readFileSync(${JSON.stringify(path)}); } catch (error) { found = error.code; }
    parentPort.postMessage(found);`;
  return new Promise((resolve) => new Worker(code, { eval: true }).on("message", resolve));
}

exports.handler = async (at) => {
  const found = {};
  for (const name of ["credentials", "private key", "session cache", "settings", "log", "state", "other run"]) {
    found[`read ${name}`] = attempt(() => fs.readFileSync(at[name]));
  }
  found["read in a program"] = attempt(() => execFileSync("cat", [at.credentials], { stdio: "pipe" }));
  found["read in a thread"] = await inThread(at.credentials);
  found["read the parent's environment"] = attempt(() => fs.readFileSync(`/proc/${process.ppid}/environ`));
  found["read the connections of all programs"] = attempt(() => fs.readFileSync("/proc/net/tcp"));
  found["read the sockets in a thread"] = await inThread("/proc/thread-self/net/unix");
  found["list the home"] = attempt(() => fs.readdirSync(at.home));
  found["write outside"] = attempt(() => fs.writeFileSync(`${at.home}/new`, "mine"));
  found["write to its own code"] = attempt(() => fs.appendFileSync(__filename, " "));
  found["connect to the session bus"] = await connect(at.bus);
  found["connect to an abstract socket"] = await connect(`\0${at.abstract}`);
  found["signal the parent"] = attempt(() => process.kill(process.ppid, "SIGCONT"));
  return found;
};
