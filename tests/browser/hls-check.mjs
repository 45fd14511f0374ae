// Reads a master playlist and its media playlists with a strict parser: node hls-check.mjs MASTER_URL
// Prints what it understood as JSON; anything that RFC 8216 forbids ends it.
import { createRequire } from 'node:module';

const [, , masterUrl] = process.argv;
const require = createRequire(process.env.VEZA_TEST_NODE_MODULES + '/');
const HLS = require('hls-parser');
HLS.setOptions({ strictMode: true });

const read = async (url) => HLS.parse(await (await fetch(url)).text());
const master = await read(masterUrl);
if (!master.isMasterPlaylist) throw new Error('This is no master playlist.');
const variants = [];
for (const variant of master.variants) {
  const media = await read(new URL(variant.uri, masterUrl));
  variants.push({
    codecs: variant.codecs, bandwidth: variant.bandwidth, average: variant.averageBandwidth, audio: variant.audio.map((a) => ({ group: a.groupId, channels: a.channels, uri: a.uri ?? null })),
    target_s: media.targetDuration, type: media.playlistType, ended: media.endlist, independent: media.independentSegments ?? false,
    durations: media.segments.map((s) => s.duration), sizes: media.segments.map((s) => s.byterange.length), maps: [...new Set(media.segments.map((s) => JSON.stringify(s.map?.byterange)))].length,
  });
}
console.log(JSON.stringify({ version: master.version, independent: master.independentSegments, notes: master.sessionDataList.map((d) => d.id), variants }));
