FROM busybox:1.37
CMD cd /nowhere && ./other
