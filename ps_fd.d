ps_fd.o: port/common/ps_fd.c port/include/poll.h \
 port/cortex-m/include/unistd.h port/include/unistd.h \
 port/cortex-m/include/getopt.h port/cortex-m/include/getopt_per_job.h \
 port/common/ps_internal.h port/include/sys/socket.h port/common/ps.h
port/include/poll.h:
port/cortex-m/include/unistd.h:
port/include/unistd.h:
port/cortex-m/include/getopt.h:
port/cortex-m/include/getopt_per_job.h:
port/common/ps_internal.h:
port/include/sys/socket.h:
port/common/ps.h:
