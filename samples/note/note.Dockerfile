FROM busybox:1.37
COPY note.txt /
CMD ["cat", "/note.txt"]
