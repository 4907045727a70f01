export function buildDemo(root: string, outdir: string): Promise<void>;
