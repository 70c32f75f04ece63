FROM busybox:1.37
CMD /app/try --now
