/*
 * pg.h - a private PostgreSQL 15 for one test program.
 *
 *     char url[PG_URL];
 *
 *     pg_fresh(url);          an empty database; the server starts at the first call
 *     hf_store_open(url, &store) …
 *
 * The server has its own folder under ${TMPDIR:-/tmp}, listens on a Unix
 * socket and a random loopback port, flushes as a real one does, and is
 * stopped and removed when the program ends (also when it is killed: then only
 * the folder stays). When root, it runs as user postgres. A test that ends
 * server processes itself finds the postmaster in pg_server.pid.
 * For shell stories see tests/lib/pg.sh.
 */
#ifndef HF_TESTS_UNIT_PG_H
#define HF_TESTS_UNIT_PG_H

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"

#define PG_URL 512
#define PG_BIN "/usr/lib/postgresql/15/bin"

static struct {
    char  folder[256];
    pid_t pid, owner; /* postmaster; the process that started it */
    int   port, databases;
} pg_server HF_UNUSED;

static inline int
pg_system(const char *command)
{
    int status = system(command);

    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void
pg_stop(void)
{
    char command[400];

    if (pg_server.pid <= 0 || pg_server.owner != getpid())
        return;
    snprintf(command, sizeof(command), "pkill -CONT -P %d", (int)pg_server.pid);
    (void)pg_system(command); /* a test that failed may have left them stopped */
    kill(pg_server.pid, SIGCONT);
    kill(pg_server.pid, SIGQUIT); /* nothing in it is wanted any more */
    waitpid(pg_server.pid, NULL, 0);
    pg_server.pid = 0;
    snprintf(command, sizeof(command), "rm -rf '%s'", pg_server.folder);
    (void)pg_system(command);
}

static inline int
pg_free_port(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          n = sizeof(a);
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&a, n) == -1 || getsockname(fd, (struct sockaddr *)&a, &n) == -1)
        abort();
    close(fd);
    return ntohs(a.sin_port);
}

/* Start (again) on the same folder and port; returns when it answers. */
static inline void
pg_start_server(void)
{
    char command[1200];

    pg_server.owner = getpid();
    pg_server.pid = fork();
    if (pg_server.pid == 0) {
        snprintf(command, sizeof(command),
                 "cd / && exec setpriv %s --pdeathsig KILL " PG_BIN "/postgres -D '%s/data' -p %d -k '%s'"
                 " -c listen_addresses=127.0.0.1 -c max_connections=60 -c shared_buffers=16MB"
                 " -c max_wal_size=64MB -c log_min_messages=fatal >>'%s/log' 2>&1",
                 geteuid() == 0 ? "--reuid postgres --regid postgres --clear-groups" : "", pg_server.folder,
                 pg_server.port, pg_server.folder, pg_server.folder);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    snprintf(command, sizeof(command), PG_BIN "/pg_isready -q -h '%s' -p %d", pg_server.folder,
             pg_server.port);
    for (int i = 0; i < 600 && pg_system(command) != 0; i++)
        usleep(50000);
}

static inline void
pg_start(void)
{
    const char    *base = getenv("TMPDIR");
    struct passwd *user = getpwnam("postgres");
    char           command[1200];

    snprintf(pg_server.folder, sizeof(pg_server.folder), "%s/hufu-pg-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(pg_server.folder) == NULL)
        abort();
    if (geteuid() == 0 && (user == NULL || chown(pg_server.folder, user->pw_uid, user->pw_gid) == -1))
        abort();
    pg_server.port = pg_free_port();
    snprintf(command, sizeof(command),
             "cd / && setpriv %s " PG_BIN "/initdb -D '%s/data' -A trust -U hufu -E UTF8 --locale=C.UTF-8"
             " --no-sync >'%s/initdb.log' 2>&1 || { cat '%s/initdb.log'; false; }",
             geteuid() == 0 ? "--reuid postgres --regid postgres --clear-groups" : "", pg_server.folder,
             pg_server.folder, pg_server.folder);
    if (pg_system(command) != 0) {
        printf("cannot make a PostgreSQL cluster\n");
        exit(1);
    }
    atexit(pg_stop);
    pg_start_server();
}

/* The address of a database of this server. */
static inline void
pg_url(const char *database, char out[PG_URL])
{
    snprintf(out, PG_URL, "postgres://hufu@/%s?host=%s&port=%d", database, pg_server.folder,
             pg_server.port);
}

/* Run SQL as the superuser in `database`; false (and a line printed) if it fails. */
static inline bool
pg_sql(const char *database, const char *sql)
{
    char      url[PG_URL];
    PGconn   *conn;
    PGresult *result;
    bool      good;

    pg_url(database, url);
    conn = PQconnectdb(url);
    result = PQexec(conn, sql);
    good = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
    if (!good)
        printf("  %s: %s\n", sql, PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
    return good;
}

/* An empty database; its address in url. */
static inline void
pg_fresh(char url[PG_URL])
{
    char sql[80], name[32];

    if (pg_server.pid == 0)
        pg_start();
    snprintf(name, sizeof(name), "t%d", ++pg_server.databases);
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s", name);
    if (!pg_sql("postgres", sql))
        exit(1);
    pg_url(name, url);
}

#endif
