document.title = 'Safelight';
