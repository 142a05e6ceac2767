// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* All programs and maps as one object: it is loaded once and serves every target. */
#include "alloc_time.bpf.h"
#include "channel.bpf.h"
#include "db_pgx_batch.bpf.h"
#include "db_redis.bpf.h"
#include "db_sql.bpf.h"
#include "db_wait.bpf.h"
#include "gc_time.bpf.h"
#include "goroutine_time.bpf.h"
#include "grpc_client.bpf.h"
#include "grpc_server.bpf.h"
#include "http_client.bpf.h"
#include "http_client_h2.bpf.h"
#include "http_fiber.bpf.h"
#include "http_router.bpf.h"
#include "http_server_h2.bpf.h"
#include "process.bpf.h"
#include "sample.bpf.h"
#include "sdk_span.bpf.h"
#include "thread.bpf.h"
#include "uring.bpf.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";
