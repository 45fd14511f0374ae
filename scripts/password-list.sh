#!/usr/bin/env bash
# Makes src/Features/Auth/common-passwords.bin: the passwords that people really choose, from the dictionaries of two libraries that
# measure password strength (zxcvbn by Dropbox and zxcvbn-ts, both under the MIT licence). Each is kept as the first five bytes of its SHA-256,
# sorted. The result is the same each time; run it again when there are newer dictionaries, and then change the versions here.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --prefix "$work" --ignore-scripts --no-audit --no-fund --silent zxcvbn@4.4.2 @zxcvbn-ts/language-common@4.1.3
node - "$work/node_modules" "$root/src/Features/Auth/Passwords/common-passwords.bin" <<'END'
const [modules, target] = process.argv.slice(2);
const { createHash } = require('node:crypto');
const { writeFileSync } = require('node:fs');
const entries = [...require(`${modules}/zxcvbn/lib/frequency_lists.js`).passwords, ...require(`${modules}/@zxcvbn-ts/language-common/src/passwords.json`)];
// Shorter ones are refused anyway, but stand in longer ones: monkey123.
const words = new Set(entries.map((word) => word.toLowerCase()).filter((word) => word.length >= 4));
const hashes = [...words].map((word) => createHash('sha256').update(word).digest().subarray(0, 5)).sort(Buffer.compare);
writeFileSync(target, Buffer.concat(hashes));
console.log(`${words.size} passwords, ${hashes.length * 5} bytes`);
END
