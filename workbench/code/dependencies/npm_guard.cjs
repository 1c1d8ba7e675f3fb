// Loaded before npm while it resolves versions: no program is started, and no other host than the user's
// registries is asked, whatever a package.json in a registry requires. Older versions of npm have no setting
// for that. Hosts are in WORKBENCH_NPM_HOSTS, with their ports, separated by spaces.
"use strict";

const { syncBuiltinESMExports } = require("node:module");
const childProcess = require("node:child_process");
const http = require("node:http");
const https = require("node:https");

const hosts = new Set((process.env.WORKBENCH_NPM_HOSTS || "").split(" ").filter(Boolean));

function refusal(what) {
  return Object.assign(new Error(`${what} is not allowed while versions are resolved`), { code: "EGUARD" });
}

for (const name of ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"]) {
  childProcess[name] = (command) => {
    throw refusal(`starting ${command}`);
  };
}

// The host and port that a request is for: also behind a proxy, whose address only its agent knows.
function hostOf(module, args) {
  const [first, second] = args;
  let options = typeof first === "string" || first instanceof URL ? new URL(first) : first || {};
  if (options instanceof URL && second && typeof second === "object") {
    options = { hostname: options.hostname, port: options.port, ...second };
  }
  const host = String(options.hostname || options.host || "").toLowerCase();
  const standard = module === https ? "443" : "80";
  const port = String(options.port || (module === https ? 443 : 80));
  return port === standard ? [host, `${host}:${port}`] : [`${host}:${port}`];
}

for (const module of [http, https]) {
  for (const name of ["request", "get"]) {
    const original = module[name];
    module[name] = (...args) => {
      const names = hostOf(module, args);
      if (!names.some((each) => hosts.has(each))) {
        throw refusal(`asking ${names[0]}`);
      }
      return original.apply(module, args);
    };
  }
}
syncBuiltinESMExports();
