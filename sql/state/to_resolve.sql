-- Something that a resolve reads was loaded: the last one of the store counts no longer.
delete from state.resolved where store = getvariable('store');
