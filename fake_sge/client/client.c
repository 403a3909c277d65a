/* What client.py does, for machines with a C compiler: it starts several times as fast as Python.
 *
 * Arguments: the command's name, the file that was run, the command's own. Without a qmaster the Python program
 * beside this one, NAME-alone, takes over: it gets the command's name, why there is no qmaster, and the rest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_NAME "qmaster.sock"
#define HEAD 5 /* a letter, four bytes of length */
#define PIECE 65536

extern char **environ;
static char **words;    /* the arguments of this process */
static int line = -1;   /* to the qmaster */
static int tells = 0;   /* are signals told to the qmaster? */
static sigset_t before; /* the signals that were blocked when it began */
static volatile sig_atomic_t caught = 0;

static void fail(const char *what)
{
    perror(what);
    _exit(1);
}

static void *grown(void *data, size_t size)
{
    data = realloc(data, size);
    if (data == NULL)
        fail("fake_sge");
    return data;
}

static const int told[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static const int unheard[] = {SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};
static int telling = 2; /* how many of the first are told: of qrsh all (real cell) */

static void handle(void (*handler)(int))
{
    struct sigaction action = {0};
    int i;

    action.sa_handler = handler;
    for (i = 0; i < telling; i++)
        sigaction(told[i], &action, NULL);
}

static void catch(int number)
{
    caught = number;
    handle(SIG_IGN); /* further ones say nothing new (real cell); timeout(1) sends two */
}

/* From here on wait_for() learns of signals, and nothing else does. */
static void catch_signals(void)
{
    sigset_t set;
    size_t i;

    if (strcmp(words[1], "qrsh") == 0)
        telling = sizeof told / sizeof *told;
    else
        for (i = 0; i < sizeof unheard / sizeof *unheard; i++)
            signal(unheard[i], SIG_IGN); /* qsub -sync y waits on (real cell) */
    sigemptyset(&set);
    for (i = 0; i < (size_t)telling; i++)
        sigaddset(&set, told[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    handle(catch);
}

static void let_signals_end_it(void)
{
    if (tells) {
        handle(SIG_DFL);
        sigprocmask(SIG_SETMASK, &before, NULL);
    }
}

static void run_alone(char *why)
{
    char *program = grown(NULL, strlen(words[0]) + sizeof "-alone");

    strcpy(program, words[0]);
    strcat(program, "-alone");
    let_signals_end_it();
    words[2] = why;
    execv(program, words);
    fail(program);
}

/* ---- messages ---- */
static void set_head(char *message, char kind, size_t size)
{
    message[0] = kind;
    for (int place = 4; place > 0; place--, size >>= 8)
        message[place] = (char)(size & 0xff);
}

static void send_all(const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(line, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            run_alone("refused");
        if (sent > 0) {
            data += sent;
            size -= (size_t)sent;
        }
    }
}

/* Until there is something to read, or room to write; a signal that comes meanwhile is told to the qmaster. */
static void wait_for(int number, short events)
{
    struct pollfd one = {number, events, 0};
    char message[HEAD + 16];

    while (ppoll(&one, 1, NULL, &before) < 0 && errno == EINTR)
        if (caught) {
            int size = sprintf(message + HEAD, "%d", (int)caught);
            set_head(message, 'S', (size_t)size);
            caught = 0;
            send_all(message, HEAD + (size_t)size);
        }
}

static size_t receive_some(char *data, size_t most)
{
    ssize_t got;

    wait_for(line, POLLIN);
    got = read(line, data, most);
    if (got <= 0)
        run_alone("refused");
    return (size_t)got;
}

static void receive(char *data, size_t size)
{
    while (size > 0) {
        size_t got = receive_some(data, size);
        data += got;
        size -= got;
    }
}

/* ---- the call ---- */
static char *put(char *place, const char *text)
{
    size_t size = strlen(text) + 1;

    memcpy(place, text, size);
    return place + size;
}

/* Working directory, umask, is it a terminal, number of words, the words, the environment. */
static void send_call(int count, char **command)
{
    char *directory = getcwd(NULL, 0);
    char numbers[64];
    mode_t mask = umask(022);
    size_t size = HEAD + sizeof numbers + 1;
    char *message, *place;

    umask(mask);
    if (directory == NULL)
        directory = "";
    size += strlen(directory);
    for (int i = 0; i < count; i++)
        size += strlen(command[i]) + 1;
    for (char **variable = environ; *variable; variable++)
        size += strlen(*variable) + 1;
    place = message = grown(NULL, size);
    place = put(place + HEAD, directory);
    sprintf(numbers, "%u", (unsigned)mask);
    place = put(place, numbers);
    place = put(place, isatty(1) ? "1" : "0");
    sprintf(numbers, "%d", count);
    place = put(place, numbers);
    for (int i = 0; i < count; i++)
        place = put(place, command[i]);
    for (char **variable = environ; *variable; variable++)
        place = put(place, *variable);
    size = (size_t)(place - message) - 1; /* NUL separates, and does not end */
    set_head(message, 'R', size - HEAD);
    send_all(message, size);
    free(message);
}

/* Signals end the command while it reads: there is no job yet. */
static void send_stdin(void)
{
    size_t used = HEAD, room = HEAD + PIECE;
    char *message = grown(NULL, room);
    ssize_t got;

    let_signals_end_it();
    while ((got = read(0, message + used, room - used)) > 0) {
        used += (size_t)got;
        if (used == room)
            message = grown(message, room *= 2);
    }
    if (tells)
        catch_signals();
    set_head(message, 'I', used - HEAD);
    send_all(message, used);
    free(message);
}

/* ---- the answer ---- */
static void print(int number, size_t size)
{
    static int closed[3];
    static char data[PIECE];
    const size_t at_once = tells ? PIPE_BUF : PIECE; /* what a pipe takes without blocking */

    while (size > 0) {
        size_t got = receive_some(data, size < PIECE ? size : PIECE);
        size -= got;
        for (size_t done = 0; done < got && !closed[number];) {
            ssize_t put;
            wait_for(number, POLLOUT);
            put = write(number, data + done, got - done < at_once ? got - done : at_once);
            if (put >= 0)
                done += (size_t)put;
            else if (errno != EINTR && errno != EAGAIN)
                closed[number] = 1; /* nobody reads it, or the disk is full: as the real commands */
        }
    }
}

static void leave(const char *answer)
{
    int code = 1, number = 0;

    sscanf(answer, "%d %d", &code, &number);
    if (number) {
        let_signals_end_it();
        signal(number, SIG_DFL);
        kill(getpid(), number);
    }
    _exit(code);
}

static void converse(void)
{
    for (;;) {
        unsigned char head[HEAD];
        char text[256];
        size_t size;

        receive((char *)head, HEAD);
        size = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
        if (head[0] == 'o' || head[0] == 'e') {
            print(head[0] == 'o' ? 1 : 2, size);
            continue;
        }
        if (size >= sizeof text)
            run_alone("refused");
        receive(text, size);
        text[size] = 0;
        if (head[0] == 'i')
            send_stdin();
        else if (head[0] == 'u')
            run_alone(text);
        else if (head[0] == 'x')
            leave(text);
    }
}

/* ---- the connection ---- */
static int connect_to_qmaster(void)
{
    const char *root = getenv("SGE_ROOT"), *cell = getenv("SGE_CELL");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *directory;
    int failed, opened = -1;

    root = root ? root : "";
    cell = cell && *cell ? cell : "default";
    directory = grown(NULL, strlen(root) + strlen(cell) + 2);
    sprintf(directory, "%s/%s", root, cell);
    if (strlen(directory) + sizeof "/" SOCKET_NAME <= sizeof address.sun_path)
        sprintf(address.sun_path, "%s/" SOCKET_NAME, directory);
    else {
        opened = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
        sprintf(address.sun_path, "/proc/self/fd/%d/" SOCKET_NAME, opened);
    }
    line = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    failed = connect(line, (struct sockaddr *)&address, sizeof address);
    if (opened >= 0)
        close(opened);
    free(directory);
    return failed;
}

int main(int count, char **arguments)
{
    if (count < 3) {
        fprintf(stderr, "this is run by the commands of a fake cell\n");
        return 64;
    }
    while ((line = open("/dev/null", O_RDWR | O_CLOEXEC)) < 3) /* in place of a standard file that is closed */
        if (line < 0 || fcntl(line, F_SETFD, 0) < 0)
            fail("/dev/null");
    close(line);
    words = arguments;
    sigprocmask(SIG_SETMASK, NULL, &before);
    signal(SIGPIPE, SIG_IGN);
    if (connect_to_qmaster() != 0)
        run_alone("refused");
    tells = strcmp(words[1], "qrsh") == 0;
    for (int i = 3; i < count; i++)
        tells = tells || strcmp(words[i], "-sync") == 0;
    if (tells)
        catch_signals();
    words[2] = words[1];
    send_call(count - 2, words + 2);
    converse();
}
