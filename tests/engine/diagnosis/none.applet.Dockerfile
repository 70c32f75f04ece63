FROM busybox:1.37
CMD sh -c "exit 3"
