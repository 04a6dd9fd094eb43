// Adds to each NAME.json what ONNX Runtime (onnxruntime-web, its build for
// WebAssembly) makes of NAME.onnx: npm install onnxruntime-web, then
// node run.mjs FOLDER_OF_NODE_MODULES.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(join(process.argv[2], "x.js"));
const ort = require("onnxruntime-web");
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";
const here = dirname(fileURLToPath(import.meta.url));
for (const file of readdirSync(here).filter((f) => f.endsWith(".onnx"))) {
  const path = join(here, file.replace(".onnx", ".json"));
  const found = JSON.parse(readFileSync(path));
  try {
    const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(join(here, file))));
    const feeds = {};
    for (const [name, rows] of Object.entries(found.inputs)) {
      const flat = rows.flat().map((v) => (v === null ? NaN : v));
      const dims = [rows.length, rows[0].length];
      feeds[name] = typeof flat[0] === "string" ? new ort.Tensor("string", flat, dims) : new ort.Tensor("float32", Float32Array.from(flat), dims);
    }
    const names = session.outputNames.filter((n) => !["label", "output_label", "output_probability"].includes(n));
    const made = await session.run(feeds, names);
    const out = made[names[0]];
    const width = out.dims.length > 1 ? out.dims[1] : 1;
    found.runtime = [];
    for (let i = 0; i < out.data.length; i += width) {
      found.runtime.push(Array.from(out.data.slice(i, i + width)).map((v) => (Number.isFinite(v) ? v : null)));
    }
    delete found.refused;
  } catch (e) {
    delete found.runtime;
    found.refused = String(e.message ?? e).slice(0, 300);
  }
  writeFileSync(path, JSON.stringify(found));
  console.log(file, found.runtime ? found.runtime.length : found.refused);
}
