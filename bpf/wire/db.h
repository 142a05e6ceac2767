/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What spans of database calls have of their own: those of Go's database/sql, whatever the driver, of pgx and of go-redis. */
#ifndef WIRE_DB_H
#define WIRE_DB_H

#include "go.h"
#include "text.h"
#include "types.h"

/* What a call asks for; the variant of its start. */
enum db_operation {
	DB_OPERATION_QUERY = 1,
	DB_OPERATION_EXEC = 2,
	DB_OPERATION_PREPARE = 3,
	DB_OPERATION_PING = 4,
	DB_OPERATION_BEGIN = 5,
	DB_OPERATION_COMMIT = 6,
	DB_OPERATION_ROLLBACK = 7,
	DB_OPERATION_BATCH = 8,    /* several statements at once */
	DB_OPERATION_COPY = 9,     /* rows for a table */
	DB_OPERATION_CONNECT = 10, /* nothing yet: it gets no connection */
	DB_OPERATION_COMMAND = 11, /* of Redis */
	DB_OPERATION_PIPELINE = 12, /* several of them at once */
	DB_OPERATION_TRANSACTION = 13, /* … that are executed together */
};

/* By the types of the driver. */
enum db_system {
	DB_SYSTEM_OTHER = 0,
	DB_SYSTEM_POSTGRESQL = 1,
	DB_SYSTEM_MYSQL = 2,
	DB_SYSTEM_SQLITE = 3,
	DB_SYSTEM_REDIS = 4,
};

/* Of header.flags. */
enum db_flag {
	DB_FLAG_PEER = 1 << 3,     /* peer_* are set */
	DB_FLAG_POOL = 1 << 4,     /* a call of the pool, which may try again on another connection */
	DB_FLAG_CANCELED = 1 << 5, /* the error is context.Canceled */
	DB_FLAG_NATIVE = 1 << 6,   /* a call of the driver's own interface, and not of database/sql */
	DB_FLAG_ALIKE = 1 << 7,    /* all that were sent at once are the same statement or command, which is told once */
};

enum db_limit {
	DB_ERROR_WORD_BYTES = 16,
	DB_BATCH_TOLD_MAX = 8,  /* commands of a pipeline that are told */
	DB_ARGUMENTS_MAX = 8,   /* arguments of a command that are told, if they are to be */
};

struct db_body {
	__s64 pool_wait_ns DOC("time for which the call waited for a connection of the pool; negative: it waits since then");
	__u8 peer_address[16] DOC("of the server, as the kernel knows it; IPv4 as ::ffff:a.b.c.d");
	__u8 sql_state[8] DOC("SQLSTATE of the error, zeros: none");
	__u32 error_number DOC("of the error, as the driver has it; 0: none");
	__u16 peer_port;
	__u8 operation DOC("one of enum db_operation");
	__u8 system DOC("one of enum db_system");
	__u32 pool_used DOC("connections of the pool that were in use when the call began to wait for one, or being made");
	__u32 pool_max DOC("connections that it may have; 0: not known, or the call did not wait");
	__u8 error_word[DB_ERROR_WORD_BYTES] DOC("Redis: how the text of its error begins; zeros: none");
	__u32 batch_size DOC("statements or commands that were sent at once; 0: the call is none of several");
	__u32 arguments DOC("Redis: of the command, its name not counted");
	__u32 database DOC("Redis: number of the database");
	__u32 returned_rows DOC("as the server has counted them, and 1; 0: it has not");
};

enum db_text {
	DB_TEXT_STATEMENT = 1, /* of Redis the command; of a pipeline its commands, each in a line */
	DB_TEXT_NAMESPACE,     /* of Redis the procedure that is called */
	DB_TEXT_SERVER,        /* `host:port`, or the path of a socket, as the program has it */
};

enum db_text_limit {
	DB_TEXT_STATEMENT_MAX = 640,
	DB_TEXT_NAMESPACE_MAX = 64,
	DB_TEXT_SERVER_MAX = 64,
};

_Static_assert(SPAN_TEXT_TRACE_STATE_MAX + DB_TEXT_STATEMENT_MAX + DB_TEXT_NAMESPACE_MAX + DB_TEXT_SERVER_MAX <= TEXT_BYTES_MAX,
	       "every text must fit");

/* What is read of database/sql, and of the drivers that are known. */
struct db_layout {
	uaddr_t wrap_error_type GO_TYPE("fmt.wrapError");
	uaddr_t pgx_prepare_error_type GO_TYPE("github.com/jackc/pgx/v5/pgconn.PrepareError");
	uaddr_t pgx_timeout_type GO_TYPE("github.com/jackc/pgx/v5/pgconn.errTimeout");
	uaddr_t pgx_already_done_type GO_TYPE("github.com/jackc/pgx/v5/pgconn.contextAlreadyDoneError");
	uaddr_t dsn_connector_type GO_TYPE("database/sql.dsnConnector");
	uaddr_t pgx_conn_type GO_TYPE("github.com/jackc/pgx/v5/stdlib.Conn");
	uaddr_t pgx_connector_type GO_TYPE("github.com/jackc/pgx/v5/stdlib.driverConnector");
	uaddr_t pgx_open_connector_type GO_TYPE("github.com/jackc/pgx/v5/stdlib.connector");
	uaddr_t pgx_error_type GO_TYPE("github.com/jackc/pgx/v5/pgconn.PgError");
	uaddr_t pq_conn_type GO_TYPE("github.com/lib/pq.conn");
	uaddr_t pq_driver_type GO_TYPE("github.com/lib/pq.Driver");
	uaddr_t pq_connector_type GO_TYPE("github.com/lib/pq.Connector");
	uaddr_t pq_error_type GO_TYPE("github.com/lib/pq.Error");
	uaddr_t mysql_conn_type GO_TYPE("github.com/go-sql-driver/mysql.mysqlConn");
	uaddr_t mysql_connector_type GO_TYPE("github.com/go-sql-driver/mysql.connector");
	uaddr_t mysql_error_type GO_TYPE("github.com/go-sql-driver/mysql.MySQLError");
	uaddr_t sqlite_conn_type GO_TYPE("modernc.org/sqlite.conn");
	uaddr_t sqlite_driver_type GO_TYPE("modernc.org/sqlite.Driver");
	uaddr_t sqlite_error_type GO_TYPE("modernc.org/sqlite.Error");
	go_offset_t db_connector GO_FIELD("database/sql.DB.connector?");
	go_offset_t db_num_open GO_FIELD("database/sql.DB.numOpen?");
	go_offset_t db_max_open GO_FIELD("database/sql.DB.maxOpen?");
	go_offset_t db_free_conn GO_FIELD("database/sql.DB.freeConn?");
	go_offset_t stmt_db GO_FIELD("database/sql.Stmt.db?");
	go_offset_t stmt_query GO_FIELD("database/sql.Stmt.query?");
	go_offset_t rows_dc GO_FIELD("database/sql.Rows.dc?");
	go_offset_t tx_dc GO_FIELD("database/sql.Tx.dc?");
	go_offset_t conn_dc GO_FIELD("database/sql.Conn.dc?");
	go_offset_t driver_conn_ci GO_FIELD("database/sql.driverConn.ci?");
	go_offset_t dsn_connector_driver GO_FIELD("database/sql.dsnConnector.driver?");
	go_offset_t wrap_error_err GO_FIELD("fmt.wrapError.err?");
	go_offset_t pgx_prepare_error_err GO_FIELD("github.com/jackc/pgx/v5/pgconn.PrepareError.err?");
	go_offset_t pgx_timeout_err GO_FIELD("github.com/jackc/pgx/v5/pgconn.errTimeout.err?");
	go_offset_t pgx_already_done_err GO_FIELD("github.com/jackc/pgx/v5/pgconn.contextAlreadyDoneError.err?");
	go_offset_t pgx_conn_conn GO_FIELD("github.com/jackc/pgx/v5/stdlib.Conn.conn?");
	go_offset_t pgx_conn_config GO_FIELD("github.com/jackc/pgx/v5/stdlib.Conn.connConfig?");
	go_offset_t pgx_config_config GO_FIELD("github.com/jackc/pgx/v5.ConnConfig.Config?");
	go_offset_t pgx_config_database GO_FIELD("github.com/jackc/pgx/v5/pgconn.Config.Database?");
	go_offset_t pgx_inner_pg_conn GO_FIELD("github.com/jackc/pgx/v5.Conn.pgConn?");
	go_offset_t pgx_pg_conn_conn GO_FIELD("github.com/jackc/pgx/v5/pgconn.PgConn.conn?");
	go_offset_t pgx_error_code GO_FIELD("github.com/jackc/pgx/v5/pgconn.PgError.Code?");
	go_offset_t pq_conn_c GO_FIELD("github.com/lib/pq.conn.c?");
	go_offset_t pq_conn_config GO_FIELD("github.com/lib/pq.conn.cfg?");
	go_offset_t pq_config_database GO_FIELD("github.com/lib/pq.Config.Database?");
	go_offset_t pq_error_code GO_FIELD("github.com/lib/pq.Error.Code?");
	go_offset_t mysql_conn_net GO_FIELD("github.com/go-sql-driver/mysql.mysqlConn.netConn?");
	go_offset_t mysql_conn_config GO_FIELD("github.com/go-sql-driver/mysql.mysqlConn.cfg?");
	go_offset_t mysql_config_database GO_FIELD("github.com/go-sql-driver/mysql.Config.DBName?");
	go_offset_t mysql_error_number GO_FIELD("github.com/go-sql-driver/mysql.MySQLError.Number?");
	go_offset_t sqlite_error_code GO_FIELD("modernc.org/sqlite.Error.code?");
	__u16 reserved[1];
};

/* What is read of pgx's own interface, beside what is read of it as a driver. */
struct pgx_layout {
	go_offset_t conn_config GO_FIELD("github.com/jackc/pgx/v5.Conn.config?");
	go_offset_t rows_err GO_FIELD("github.com/jackc/pgx/v5.baseRows.err?");
	go_offset_t rows_reader GO_FIELD("github.com/jackc/pgx/v5.baseRows.resultReader?");
	go_offset_t reader_err GO_FIELD("github.com/jackc/pgx/v5/pgconn.ResultReader.err?");
	go_offset_t batch_queries GO_FIELD("github.com/jackc/pgx/v5.Batch.QueuedQueries?");
	go_offset_t queued_sql GO_FIELD("github.com/jackc/pgx/v5.QueuedQuery.SQL?");
	go_offset_t results_err GO_FIELD("github.com/jackc/pgx/v5.batchResults.err?");
	go_offset_t pipeline_results_err GO_FIELD("github.com/jackc/pgx/v5.pipelineBatchResults.err?");
	go_offset_t weighted_size GO_FIELD("golang.org/x/sync/semaphore.Weighted.size?");
	go_offset_t weighted_cur GO_FIELD("golang.org/x/sync/semaphore.Weighted.cur?");
	__u16 reserved[2];
};

/* What is read of go-redis. */
struct redis_layout {
	uaddr_t single_pool_type GO_TYPE("github.com/redis/go-redis/v9/internal/pool.SingleConnPool");
	go_offset_t client_opt GO_FIELD("github.com/redis/go-redis/v9.baseClient.opt?");
	go_offset_t client_pool GO_FIELD("github.com/redis/go-redis/v9.baseClient.connPool?");
	go_offset_t options_addr GO_FIELD("github.com/redis/go-redis/v9.Options.Addr?");
	go_offset_t options_db GO_FIELD("github.com/redis/go-redis/v9.Options.DB?");
	go_offset_t options_retries GO_FIELD("github.com/redis/go-redis/v9.Options.MaxRetries?");
	go_offset_t cmd_args GO_FIELD("github.com/redis/go-redis/v9.baseCmd.args?");
	go_offset_t conn_net GO_FIELD("github.com/redis/go-redis/v9/internal/pool.Conn.netConn?");
	go_offset_t conn_atomic GO_FIELD("github.com/redis/go-redis/v9/internal/pool.Conn.netConnAtomic?");
	go_offset_t atomic_net GO_FIELD("github.com/redis/go-redis/v9/internal/pool.atomicNetConn.conn?");
	__u16 reserved[3];
};

#endif
