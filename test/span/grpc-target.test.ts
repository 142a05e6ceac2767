import { expect, it } from 'vitest';
import { serverOfTarget } from '../../src/span/grpc-target.ts';
import type { HostPort } from '../../src/span/host-port.ts';

it.each<[string, HostPort | undefined]>([
  ['shop:50051', { address: 'shop', port: 50051 }],
  ['localhost:80', { address: 'localhost', port: 80 }],
  ['10.0.0.7:80', { address: '10.0.0.7', port: 80 }],
  ['[::1]:80', { address: '::1', port: 80 }],
  ['shop', { address: 'shop' }],
  ['dns:///shop:50051', { address: 'shop', port: 50051 }],
  ['dns://8.8.8.8/shop', { address: 'shop', port: 443 }],
  ['dns:shop:50051', { address: 'shop', port: 50051 }],
  ['passthrough:///10.0.0.7:80', { address: '10.0.0.7', port: 80 }],
  ['passthrough:10.0.0.7:80', { address: '10.0.0.7', port: 80 }],
  ['xds:///orders', { address: 'orders' }],
  ['own-scheme:///orders:1', { address: 'orders', port: 1 }],
  ['unix:relative/socket', { address: 'relative/socket' }],
  ['unix:///run/shop.sock', { address: '/run/shop.sock' }],
  ['unix:/run/shop.sock', { address: '/run/shop.sock' }],
  ['unix-abstract:shop', { address: 'shop' }],
  ['unix:', undefined],
  ['dns:///', undefined],
  ['', undefined],
])('the target %s names a server', (target, server) => {
  expect(serverOfTarget(target)).toEqual(server);
});
