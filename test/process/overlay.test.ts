import { describe, expect, it } from 'vitest';
import { pathsInLayers } from '../../src/process/overlay.ts';

const line = (root: string, point: string, type: string, options: string): string =>
  `66 63 0:40 ${root} ${point} rw,relatime shared:1 - ${type} ${type} rw,${options}`;

describe('pathsInLayers', () => {
  it.each([
    [
      'each layer from the top',
      line('/', '/', 'overlay', 'lowerdir=/l/2:/l/1/,upperdir=/u'),
      ['/l/2/srv/app', '/l/1/srv/app'],
    ],
    [
      'layers of the newer mount calls',
      line('/', '/', 'overlay', 'lowerdir+=/l/2,lowerdir+=/l/1'),
      ['/l/2/srv/app', '/l/1/srv/app'],
    ],
    [
      'a part of one that is mounted elsewhere',
      line('/opt/x', '/srv', 'overlay', 'lowerdir=/l'),
      ['/l/opt/x/app'],
    ],
    [
      'names with a colon, a comma or a space',
      line('/', '/', 'overlay', 'lowerdir=/a\\134:b:/c\\134,d:/e\\040f'),
      ['/a:b/srv/app', '/c,d/srv/app', '/e f/srv/app'],
    ],
    ['none that are relative', line('/', '/', 'overlay', 'lowerdir=l/A:/l/B'), ['/l/B/srv/app']],
    ['none on another file system', line('/', '/', 'ext4', 'lowerdir=/l'), []],
    [
      'none of an overlay that another mount hides',
      `${line('/', '/', 'overlay', 'lowerdir=/l')}\n${line('/', '/srv', 'tmpfs', 'x')}\n${line('/', '/srvx', 'overlay', 'lowerdir=/m')}`,
      [],
    ],
    ['none in garbage', '- - -\n\\\n  - overlay overlay lowerdir=', []],
  ])('knows %s', (_what, mountinfo, paths) => {
    expect(pathsInLayers(mountinfo, '/srv/app')).toEqual(paths);
  });
});
