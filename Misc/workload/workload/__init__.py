"""What is measured: an application's heap that is loaded, shared by a fork, and worked with.

heap has records, and the figures of a process's memory; shop is a Django project; forked measures a
child for pyperf. They run in the interpreter that is to be measured, on stock as well.
"""
