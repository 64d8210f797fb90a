"""The only modules that touch each outside thing: mail, queue, PDF, Excel, storage, signing, scanning, clock."""
