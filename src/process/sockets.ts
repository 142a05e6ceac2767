/** Whether a process has opened sockets. */
import { readdirSync, readlinkSync } from 'node:fs';
import { PROC_ROOT } from './proc-file.ts';

/** Standard streams may be sockets that its parent has made. */
const STREAMS = 3;

/** False if it has gone or may not be looked into. */
export function hasSockets(pid: number, procRoot: string = PROC_ROOT): boolean {
  const folder = `${procRoot}/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => Number(fd) >= STREAMS && isSocket(`${folder}/${fd}`));
  } catch {
    return false;
  }
}

function isSocket(link: string): boolean {
  try {
    return readlinkSync(link).startsWith('socket:');
  } catch {
    return false; // closed meanwhile
  }
}
